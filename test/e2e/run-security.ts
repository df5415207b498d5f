/**
 * The browsers' part of `npm run test:security`, with those browsers that are here; says so when there is none. The same
 * stories are a chapter of `npm run test:e2e`, which insists on all of them.
 */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endOnSignals, fail, Openings } from '../../dev/command.ts'
import { findFirefox, findProgram } from '../../dev/firefox.ts'
import { startChromium } from './chromium.ts'
import { FirefoxDevice } from './firefox-device.ts'
import { type Browsers, tellSecurity } from './security-chapters.ts'
import type { Tally } from './stories.ts'
import { openWorld, type World } from './world.ts'

const openings = new Openings()
endOnSignals(openings)
const firefoxPath = findFirefox()
const chromiumPath = findProgram(['chromium', 'chromium-browser', 'google-chrome'])
if (firefoxPath === null && chromiumPath === null) {
  console.log('No browser is here, so what a browser makes of it was not asked. On Debian: apt-get install firefox-esr')
  process.exit(0)
}
const tally: Tally = { passed: 0, failed: 0 }
try {
  const world = await openWorld('direct', openings)
  const screenshots = await mkdtemp(join(tmpdir(), 'fanfare-e2e-screenshots-'))
  await tellSecurity(await startBrowsers(world), { world, openings, tally, screenshots })
  console.log(`\nScreenshots: ${screenshots}`)
} catch (error) {
  await openings.close()
  fail(error)
}
await openings.close()
console.log(`\n${tally.passed} passed, ${tally.failed} failed`)
process.exit(tally.failed === 0 ? 0 : 1)

async function startBrowsers({ socketUrl }: World): Promise<Browsers> {
  return {
    firefox: firefoxPath === null ? null : openings.add(await FirefoxDevice.start(firefoxPath, socketUrl)),
    chromium: chromiumPath === null ? null : openings.add(await startChromium(chromiumPath)),
  }
}
