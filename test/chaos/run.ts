/**
 * `npm run test:chaos`: push services fail in every way that they are known to, under a campaign, while urgent sends go
 * on. Exit code 0 only if every recipient is accounted for and the urgent sends were left alone. Puts the parts together.
 */
import { join } from 'node:path'
import { apiClient } from '../../dev/api-client.ts'
import { endOnSignals, fail, Openings, readFlags } from '../../dev/command.ts'
import { makeApp } from '../../dev/demo/app.ts'
import { countOf, formatCount } from '../../dev/demo/names.ts'
import { rollDice } from '../../dev/dice.ts'
import { openScreen, type Screen } from '../../dev/screen.ts'
import { importDevices, makeDevices } from '../witness/audience.ts'
import type { NotificationView } from '../witness/ledger.ts'
import { startPlatformProcess } from '../witness/platform-process.ts'
import { drawService } from '../witness/services.ts'
import { PUSH_SERVICES, startWitness } from '../witness/simulators.ts'
import { makeStateDirectory } from '../witness/state-directory.ts'
import { witnessVars } from '../witness/vars.ts'
import { parseChaosFlags } from './flags.ts'
import { openGate } from './gate.ts'
import { playScene, type SceneStory, type Theater } from './play.ts'
import { CAMPAIGN_PREFIX, IDLE, QUIET, SCENES, type Scene } from './scenes.ts'
import { renderTable } from './table.ts'
import { findDelay, findUnaccepted } from './verdict.ts'

const NAMES = SCENES.map(({ name }) => name)

const USAGE = `Usage: npm run test:chaos -- [flags]

  --devices N      how many devices each campaign goes to (20000)
  --quick          a few scenes with 2000 devices
  --way-out W      egress (default) or direct
  --only TEXT      scenes with this in their name; may be repeated:
${NAMES.map((name) => `                     ${name}`).join('\n')}`

const TOPIC = 'chaos'
const ROOT_KEY = 'root-key-of-the-chaos-test'
/** A hundredth of ten in earnest: scenes.ts counts on it. */
const RETRY_BASE_SECONDS = '0.1'
/** No process dies here; short enough that a scene does not wait for a lost message. */
const LEASE_SECONDS = '10'
/** Enough urgent sends to compare with, and to be compared. */
const QUIET_MS = 15_000
const SCENE_MS = 8_000
const QUICK_MS = 4_000
/** The same mix of devices in every run. */
const SEED = 1
/** APNs device tokens are hexadecimal. */
const URGENT_PREFIX = { fcm: 'urgent-', apns: 'c0de', webpush: 'urgent-' } as const

interface ShownTheater extends Theater {
  /** Shows how far a campaign is. */
  readonly screen: Screen
}

const flags = readFlags((args) => parseChaosFlags(args, NAMES), USAGE)
const openings = new Openings()
endOnSignals(openings)
const directory = openings.add(await makeStateDirectory('chaos'))

try {
  const startedAt = performance.now()
  const theater = await openTheater(openScreen())
  const quietMs = flags.quick ? QUICK_MS : QUIET_MS
  const idle = await play(theater, IDLE, quietMs)
  const quiet = await playFairly(theater, QUIET, idle, quietMs)
  const stories: SceneStory[] = []
  for (const scene of SCENES.filter(isChosen)) {
    stories.push(await playFairly(theater, scene, quiet, flags.quick ? QUICK_MS : SCENE_MS))
  }
  const code = report(idle, quiet, stories, performance.now() - startedAt)
  if (code !== 0) directory.keep()
  await openings.close()
  process.exit(code)
} catch (error) {
  directory.keep()
  await openings.close()
  fail(error)
}

function isChosen({ name, quick, egressDiesEveryMs }: Scene): boolean {
  if (egressDiesEveryMs !== undefined && flags.wayOut !== 'egress') return false
  if (flags.only.length > 0) return flags.only.some((part) => name.includes(part))
  return quick === true || !flags.quick
}

/**
 * Where urgent sends were slow the scene is played again, because the machine may have been busy with something else:
 * what an outage does to them it does each time.
 */
async function playFairly(theater: ShownTheater, scene: Scene, before: SceneStory, leastMs: number) {
  const first = await play(theater, scene, leastMs)
  const isWrong = first.audits.some(({ mistakes }) => mistakes.length > 0)
  if (isWrong || findDelay(first, before) === null) return first
  return await play(theater, scene, leastMs)
}

async function openTheater(screen: Screen): Promise<ShownTheater> {
  const witness = openings.add(await startWitness({ inbox: 'full' }))
  const { addresses } = witness
  const vars = witnessVars(addresses, flags.wayOut)
  const fcmGate = openings.add(await openGate(vars.FCM_URL!))
  const platform = await startPlatformProcess({
    persistTo: join(directory.path, 'state'),
    vars: { ...vars, FCM_URL: fcmGate.url, ROOT_KEY, RETRY_BASE_SECONDS, LEASE_SECONDS },
    caFile: addresses.caFile,
    logFile: join(directory.path, 'platform.log'),
    onLost: fail,
  })
  openings.add({ close: () => platform.kill() })
  const { adminKey, vapidPublicKey } = await makeApp(apiClient(platform.url, ROOT_KEY), witness.control)
  const api = apiClient(platform.url, adminKey)

  const dice = rollDice(SEED)
  const plans = Array.from({ length: flags.devices }, (_, index) => {
    const service = drawService(dice)
    return { userId: `user-${index}`, service, prefix: CAMPAIGN_PREFIX[service] }
  })
  const urgentPlans = PUSH_SERVICES.map((service) => ({
    userId: `urgent-${service}`,
    service,
    prefix: URGENT_PREFIX[service],
  }))
  const audience = await makeDevices(witness.control, vapidPublicKey, plans)
  const urgentDevices = await makeDevices(witness.control, vapidPublicKey, urgentPlans)
  await importDevices(api, audience, [TOPIC])
  await importDevices(api, urgentDevices, [])
  console.log(`Campaigns to ${countOf(flags.devices, 'device')}, ${flags.wayOut}, while this goes wrong:`)
  return { api, witness, fcmGate, platform, topic: TOPIC, audience, urgentDevices, screen, onProgress: () => undefined }
}

async function play(theater: ShownTheater, scene: Scene, leastMs: number): Promise<SceneStory> {
  const { screen } = theater
  const onProgress = ({ counts }: NotificationView) => {
    const line = `  ${scene.name}: ${formatCount(counts.pending)} of ${formatCount(counts.targeted)} pending`
    screen.show({ lines: [line], line })
  }
  const story = await playScene({ ...theater, onProgress }, scene, leastMs)
  screen.finish()
  return story
}

/** @returns the exit code */
function report(idle: SceneStory, quiet: SceneStory, stories: readonly SceneStory[], elapsedMs: number): number {
  console.log(`\n${renderTable([idle, quiet, ...stories]).join('\n')}\n`)
  const ofStories = stories.flatMap((story) => findMistakes(story, quiet))
  const mistakes = [...findMistakes(idle, idle), ...findMistakes(quiet, idle), ...ofStories]
  for (const mistake of mistakes) console.log(`WRONG  ${mistake}`)
  const verdict = mistakes.length === 0 ? 'Every recipient is accounted for' : 'NOT everything is as it should be'
  console.log(`${verdict}: ${countOf(stories.length, 'scene')}, ${Math.round(elapsedMs / 1000)} s.`)
  return mistakes.length === 0 ? 0 : 1
}

/** @param before what its urgent sends are compared with */
function findMistakes(story: SceneStory, before: SceneStory): string[] {
  const delay = findDelay(story, before)
  const ofCampaigns = story.audits.flatMap(({ mistakes }) => mistakes)
  const mistakes = [...ofCampaigns, ...findUnaccepted(story), ...(delay === null ? [] : [delay])]
  return mistakes.map((mistake) => `${story.scene.name}: ${mistake}`)
}
