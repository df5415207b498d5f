/**
 * `npm run demo:browser`: a Firefox with a throw-away profile whose push service is the simulator that `npm start`
 * runs, on the example page. Takes the page's address, should it not be the usual one. Ends with the browser.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endOnSignals, fail, Openings } from './command.ts'
import { DRAW_NOTIFICATIONS, FIREFOX_MISSING, findFirefox, type Preferences, pushPreferences } from './firefox.ts'
import { bindLife } from './guard.ts'
import { EXAMPLE_URL, type ExampleConfig } from './serve-example.ts'

/** A new profile that goes straight to the page: no welcome, no questions, nothing reported to anybody. */
const QUIET: Preferences = {
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'datareporting.policy.dataSubmissionPolicyBypassNotification': true,
}

const openings = new Openings()
endOnSignals(openings)
try {
  await run(process.argv[2] ?? EXAMPLE_URL)
} catch (error) {
  await openings.close()
  fail(error)
}
await openings.close()

/** Resolves when the person closes the browser. */
async function run(pageUrl: string): Promise<void> {
  const firefox = findFirefox()
  if (firefox === null) throw new Error(FIREFOX_MISSING)
  const { pushSocketUrl } = await readConfig(pageUrl)
  const profile = await mkdtemp(join(tmpdir(), 'fanfare-firefox-'))
  // Firefox's own children may write for a moment longer than Firefox lives.
  openings.add({ close: () => rm(profile, { recursive: true, force: true, maxRetries: 5 }) })
  await writePreferences(profile, { ...pushPreferences(pushSocketUrl), ...DRAW_NOTIFICATIONS, ...QUIET })
  const browser = spawn(firefox, ['--no-remote', '--profile', profile, pageUrl], { stdio: 'ignore' })
  const ended = once(browser, 'exit')
  openings.add({ close: () => endBrowser(browser, ended) })
  bindLife(browser)
  console.log(`Firefox is open on ${pageUrl}; its push service is ${pushSocketUrl}. Close it to end.`)
  await ended
}

async function endBrowser(browser: ChildProcess, ended: Promise<unknown>): Promise<void> {
  browser.kill()
  await ended
}

async function readConfig(pageUrl: string): Promise<ExampleConfig> {
  let response: Response
  try {
    response = await fetch(new URL('/config.json', pageUrl))
  } catch (cause) {
    throw new Error(`Nothing answers at ${pageUrl}. Run npm start in another terminal first.`, { cause })
  }
  const config = (await response.json()) as ExampleConfig
  if (config.pushSocketUrl === '') throw new Error(`The page at ${pageUrl} knows no Web Push simulator.`)
  return config
}

function writePreferences(profile: string, preferences: Preferences): Promise<void> {
  const lines = Object.entries(preferences).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  )
  return writeFile(join(profile, 'user.js'), lines.join(''))
}
