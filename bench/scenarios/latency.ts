/**
 * What a push service that takes its time does to a topic: throughput against its latency, direct and through the
 * egress, with one lane and with four.
 */
import { Openings } from '../../dev/command.ts'
import { makeSecrets } from '../app.ts'
import { fcmDevices, importAudience, makeAudience } from '../audience.ts'
import { sendToTopic } from '../fanfare.ts'
import { findingsOfLatency, type LatencyPoint } from '../latency-findings.ts'
import { type BenchPlatform, startBenchPlatform, type WayOut } from '../platform.ts'
import type { Bench, Findings, Scenario } from '../scenario.ts'
import type { Sizes } from '../sizes.ts'

const LATENCIES_MS = [0, 50, 150]
const LANES = [1, 4]
const WARM_UP = { topic: 'warm-up', devices: 2_000 }

export const latency: Scenario = { name: 'latency', run: measureLatency }

async function measureLatency(bench: Bench): Promise<Findings> {
  const points: LatencyPoint[] = []
  for (const wayOut of ['direct', 'egress'] as const) {
    for (const lanes of LANES) points.push(...(await measureLanes(bench, wayOut, lanes)))
  }
  return findingsOfLatency(points)
}

/** One platform, and a topic for each latency. */
async function measureLanes(bench: Bench, wayOut: WayOut, lanes: number): Promise<LatencyPoint[]> {
  const { sizes, simulators, openings, report } = bench
  const own = openings.add(new Openings())
  const secrets = await makeSecrets(simulators.control)
  const platform = own.add(await startBenchPlatform(simulators, secrets, wayOut, { lanes }))
  await subscribe(bench, platform, WARM_UP.topic, WARM_UP.devices)
  await sendToTopic(platform, simulators, { service: 'fcm', topic: WARM_UP.topic, count: WARM_UP.devices })
  const points: LatencyPoint[] = []
  for (const latencyMs of LATENCIES_MS) {
    const devices = devicesFor(sizes, wayOut, latencyMs)
    const topic = `answers-after-${latencyMs}`
    await subscribe(bench, platform, topic, devices)
    await simulators.forget()
    await simulators.setLatency('fcm', latencyMs)
    const { ms } = await sendToTopic(platform, simulators, { service: 'fcm', topic, count: devices })
    await simulators.setLatency('fcm', 0)
    await simulators.expectAccepted('fcm', devices)
    const pushesPerSecond = Math.round((devices * 1000) / ms)
    report(`${wayOut}, ${lanes} ${lanes === 1 ? 'lane' : 'lanes'}, ${latencyMs} ms: ${pushesPerSecond} pushes/s`)
    points.push({ wayOut, lanes, latencyMs, devices, pushesPerSecond })
  }
  await own.close()
  return points
}

/** Six at a time against a slow service take long: enough for every lane to have a ticket, and no more. */
function devicesFor({ devices, directDevices, slowDevices }: Sizes, wayOut: WayOut, latencyMs: number): number {
  if (wayOut === 'egress') return devices
  return latencyMs > 0 ? slowDevices : directDevices
}

async function subscribe({ simulators }: Bench, { api }: BenchPlatform, topic: string, count: number): Promise<void> {
  await importAudience(api, 'fcm', topic, await makeAudience(simulators.control, fcmDevices(count)))
}
