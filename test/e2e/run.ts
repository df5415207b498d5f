/**
 * `npm run test:e2e`: the whole path with real browsers, on this machine alone. Says which Debian packages are missing
 * when there are any. Ends everything it started.
 */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endOnSignals, fail, Openings } from '../../dev/command.ts'
import { findProgram } from '../../dev/firefox.ts'
import { startChromium } from './chromium.ts'
import { FirefoxDevice } from './firefox-device.ts'
import { tellSecurity } from './security-chapters.ts'
import { type Tally, tell } from './stories.ts'
import { webPushStories } from './web-push.ts'
import { openWorld, type WayOut, type World } from './world.ts'

/** What the stories run, by Debian package, under every name that it goes by. */
const PROGRAMS = {
  'firefox-esr': ['firefox-esr', 'firefox'],
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
  curl: ['curl'],
} as const

const openings = new Openings()
endOnSignals(openings)
const [firefoxPath, chromiumPath] = findPrograms()
const tally: Tally = { passed: 0, failed: 0 }
/** Ctrl-C closes the browsers under the stories: these fail then, and nothing new may be opened. */
let ending = false
try {
  const screenshots = await mkdtemp(join(tmpdir(), 'fanfare-e2e-screenshots-'))
  await tellWebPush('direct', screenshots)
  const { world, firefox } = await tellWebPush('egress', screenshots)
  const chromium = openings.add(await startChromium(chromiumPath!))
  await tellSecurity({ firefox, chromium }, { world, openings, tally, screenshots })
  console.log(`\nScreenshots: ${screenshots}`)
} catch (error) {
  await unlessEnding()
  await openings.close()
  fail(error)
}
await openings.close()
console.log(`\n${tally.passed} passed, ${tally.failed} failed`)
process.exit(tally.failed === 0 ? 0 : 1)

/** Paths in the order of {@link PROGRAMS}. Ends the process when one is missing. */
function findPrograms(): string[] {
  const found = Object.entries(PROGRAMS).map(([debian, names]) => ({ debian, path: findProgram(names) }))
  const missing = found.filter(({ path }) => path === null).map(({ debian }) => debian)
  if (missing.length === 0) return found.map(({ path }) => path!)
  fail(`The end-to-end tests need ${missing.join(', ')}. On Debian: apt-get install ${missing.join(' ')}`)
}

/** Never resolves once the process is being ended, which endOnSignals does. */
async function unlessEnding(): Promise<void> {
  if (ending) await new Promise<never>(() => undefined)
}

/** One platform, with a Firefox of its own. Both go on for later chapters. */
async function tellWebPush(wayOut: WayOut, screenshots: string): Promise<{ world: World; firefox: FirefoxDevice }> {
  const world = await openWorld(wayOut, openings)
  const firefox = openings.add(await FirefoxDevice.start(firefoxPath!, world.socketUrl))
  openings.add({
    close: async () => {
      ending = true
    },
  })
  const picture = (name: string) =>
    firefox.screenshot(join(screenshots, `${wayOut}-${name.replaceAll(/\W+/g, '-')}.png`))
  await tell(`Web Push to Firefox, ${wayOut}`, webPushStories(world, firefox), tally, picture)
  await unlessEnding()
  await picture('example page')
  return { world, firefox }
}
