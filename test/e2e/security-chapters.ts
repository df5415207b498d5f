/**
 * The chapters that prove what SECURITY.md says of browsers, with those that are here. Both commands tell them: see run.ts
 * and run-security.ts. Sequences only.
 */
import { join } from 'node:path'
import type { Browser, Page } from 'puppeteer-core'
import type { Openings } from '../../dev/command.ts'
import type { FirefoxDevice } from './firefox-device.ts'
import { foreignPageStories } from './foreign-pages.ts'
import { handedPushStories } from './handed-pushes.ts'
import { referencePageStories } from './reference-page.ts'
import { signedPushStories } from './signed-pushes.ts'
import { type Tally, tell } from './stories.ts'
import { unsubscribePageStories } from './unsubscribe-page.ts'
import type { World } from './world.ts'

export interface Browsers {
  /** The one that pushes reach without the internet; null: it is not here. */
  readonly firefox: FirefoxDevice | null
  readonly chromium: Browser | null
}

interface Told {
  readonly world: World
  readonly openings: Openings
  readonly tally: Tally
  /** Folder for pictures of what was seen. */
  readonly screenshots: string
}

export async function tellSecurity({ firefox, chromium }: Browsers, told: Told): Promise<void> {
  const { world, openings, tally, screenshots } = told
  if (firefox !== null) {
    const picture = () => firefox.screenshot(join(screenshots, 'signed-pushes.png'))
    await tell('Signed pushes, Firefox', signedPushStories(world, firefox, openings), tally, picture)
    await tellPages('Firefox', firefox.browser, told)
  }
  if (chromium !== null) {
    await tell('Signed pushes, Chromium', handedPushStories(world, chromium, openings), tally)
    await tellPages('Chromium', chromium, told)
  }
}

async function tellPages(name: string, browser: Browser, { world, openings, tally, screenshots }: Told): Promise<void> {
  const picture = async (page: Page, what: string) => {
    const path = join(screenshots, `${what}-${name.toLowerCase()}.png`) as `${string}.png`
    await page.screenshot({ path })
  }
  await tell(`Leaving a topic, ${name}`, unsubscribePageStories(name, browser, world, picture), tally)
  await tell(`The API reference, ${name}`, referencePageStories(name, browser, world.apiUrl, picture), tally)
  await tell(`Pages of other origins, ${name}`, foreignPageStories(name, browser, world, openings), tally)
}
