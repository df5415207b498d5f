/**
 * One topic at several sizes, through the egress: how fast devices come in and pushes go out, what workerd needs for
 * it, and what it would be billed. Every size has a platform of its own, with meters.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Openings } from '../../dev/command.ts'
import { makeSecrets } from '../app.ts'
import { DEVICES_PER_IMPORT, fcmDevices, importAudience, importBodies, importBody, makeAudience } from '../audience.ts'
import { type CountedSend, sendAndCount } from '../cost/counted-send.ts'
import { type MeteredPlatform, type Meters, startMeteredPlatform } from '../cost/metered-platform.ts'
import { nameOfRound } from '../duel.ts'
import { findingsOfGrowth, type GrowthPoint } from '../growth-findings.ts'
import { forgetPeak, readPeakMiB } from '../memory.ts'
import { difference } from '../metered/tally.ts'
import type { Bench, Findings, Scenario } from '../scenario.ts'
import type { BenchSimulators } from '../simulators.ts'
import { expectSubscribers } from '../topic.ts'

const TOPIC = 'everybody'
/** A topic that is sent to before anything is measured: fresh code and closed connections are not what grows. */
const WARM_UP = { name: 'warm-up', shards: 1 }
const WARM_UP_DEVICES = 5_000
/** Calls that say how far it is. */
const CALLS_PER_REPORT = 10
/** An alarm that has something to do rings sooner than this. */
const QUIET_MS = 3_000
const PATIENCE_MS = 300_000

export const growth: Scenario = { name: 'growth', run: measureGrowth }

async function measureGrowth({ sizes, simulators, openings, report }: Bench): Promise<Findings> {
  const points: GrowthPoint[] = []
  for (const devices of sizes.growth.toSorted((a, b) => a - b)) {
    const own = openings.add(new Openings())
    const secrets = await makeSecrets(simulators.control)
    const platform = own.add(await startMeteredPlatform(simulators, secrets, 'egress'))
    report(`${devices.toLocaleString('en-US')} devices`)
    await warmUp(platform, simulators)
    const imported = await importMeasured(platform, simulators, devices, report)
    const { shards } = await expectSubscribers(platform.api, TOPIC, devices)
    const fanout = await sendMeasured(platform, simulators, { devices, shards, rounds: sizes.rounds }, report)
    points.push({ devices, shards, import: imported, fanout })
    await own.close()
  }
  return findingsOfGrowth(points)
}

async function warmUp(platform: MeteredPlatform, simulators: BenchSimulators): Promise<void> {
  const audience = await makeAudience(simulators.control, fcmDevices(WARM_UP_DEVICES))
  await importAudience(platform.api, 'fcm', WARM_UP.name, audience)
  await sendAndCount(platform, simulators, WARM_UP, { accepted: WARM_UP_DEVICES, unregistered: 0 })
}

/** One call after the other; each is made right before it is sent, which takes a twentieth of the call's time. */
async function importMeasured(
  platform: MeteredPlatform,
  { control }: BenchSimulators,
  devices: number,
  report: Bench['report'],
): Promise<GrowthPoint['import']> {
  platform.workerPids.forEach(forgetPeak)
  const before = await platform.readMeters()
  const startedAt = performance.now()
  const calls = Math.ceil(devices / DEVICES_PER_IMPORT)
  for (let call = 1; call <= calls; call++) {
    const count = Math.min(DEVICES_PER_IMPORT, devices - (call - 1) * DEVICES_PER_IMPORT)
    const [body] = importBodies('fcm', TOPIC, await makeAudience(control, fcmDevices(count)))
    await importBody(platform.api, body!)
    const perSecond = Math.round(
      (Math.min(call * DEVICES_PER_IMPORT, devices) * 1000) / (performance.now() - startedAt),
    )
    if (call % CALLS_PER_REPORT === 0) report(`import, call ${call} of ${calls}: ${perSecond} devices/s so far`)
  }
  const seconds = (performance.now() - startedAt) / 1000
  // What the import set in motion is its own: a shard that splits writes rows after the last call was answered.
  const { tally } = await quiet(platform)
  const peakMiB = peakOf(platform)
  report(`import: ${Math.round(devices / seconds)} devices/s, peak ${peakMiB} MiB`)
  return { seconds, peakMiB, tally: difference(tally, before.tally) }
}

/** Waits until the platform writes nothing any more. Gives the meters of then. */
async function quiet(platform: MeteredPlatform): Promise<Meters> {
  const deadline = Date.now() + PATIENCE_MS
  for (let before = await platform.readMeters(); ; ) {
    await sleep(QUIET_MS)
    const now = await platform.readMeters()
    if (now.tally.objectRowsWritten === before.tally.objectRowsWritten) return now
    if (Date.now() > deadline) throw new Error('the platform goes on writing after an import')
    before = now
  }
}

async function sendMeasured(
  platform: MeteredPlatform,
  simulators: BenchSimulators,
  { devices, shards, rounds }: { readonly devices: number; readonly shards: number; readonly rounds: number },
  report: Bench['report'],
): Promise<GrowthPoint['fanout']> {
  platform.workerPids.forEach(forgetPeak)
  const sends: CountedSend[] = []
  for (let round = 1; round <= rounds; round++) {
    const topic = { name: TOPIC, shards }
    const send = await sendAndCount(platform, simulators, topic, { accepted: devices, unregistered: 0 })
    await simulators.expectAccepted('fcm', devices)
    report(`${nameOfRound(round, rounds)}: ${Math.round((devices * 1000) / send.ms)} pushes/s`)
    sends.push(send)
  }
  return { peakMiB: peakOf(platform), sends: sends.map(({ usage, ms }) => ({ usage, ms })) }
}

function peakOf({ workerPids }: MeteredPlatform): number | null {
  return workerPids.length === 0 ? null : readPeakMiB(workerPids[0]!)
}
