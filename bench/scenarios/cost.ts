/**
 * What a million pushes to a topic would be billed, counted while a topic is sent to: once without trouble, which
 * has the target, and once with as much of it as a well-kept topic has.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { makeSecrets } from '../app.ts'
import { importAudience, makeAudience } from '../audience.ts'
import { type MeteredPlatform, startMeteredPlatform } from '../cost/metered-platform.ts'
import { priceUsage, showArithmetic, total, type Usage } from '../cost/prices.ts'
import { readCpuMs } from '../cpu-time.ts'
import { arrival, completion, type Expected } from '../fanfare.ts'
import { notificationTo } from '../message.ts'
import { difference } from '../metered/tally.ts'
import type { Bench, Findings, Row, Scenario } from '../scenario.ts'
import type { BenchSimulators } from '../simulators.ts'

/** Dollars for a million pushes. */
const TARGET = 0.05

const NAME = 'a million pushes to an FCM topic, direct'
const TOPIC = 'everybody'
/** The Notification and the SubscriberShard are awake all the time; the Signer and the Topic for an instant. */
const OBJECTS_AWAKE = 2
/** From the last answer of a push service to the last word in the ledger, and then some. */
const SETTLING_MS = 2_000
/** Pushes of which one is answered 503 and sent again, and pushes of which one finds the device gone. */
const PUSHES_PER_503 = 100
const PUSHES_PER_DEATH = 101

interface Counted {
  readonly usage: Usage
  readonly breakdown: Readonly<Record<string, number>>
}

export const cost: Scenario = { name: 'cost', run: measureCost }

async function measureCost({ sizes, simulators, openings, report }: Bench): Promise<Findings> {
  const secrets = await makeSecrets(simulators.control)
  const platform = openings.add(await startMeteredPlatform(simulators, secrets, 'direct'))
  const count = sizes.devices
  const options = { platform: 'fcm', count, vapidPublicKey: '', transport: 'http' } as const
  report(`registering ${count} devices`)
  await importAudience(platform.api, 'fcm', TOPIC, await makeAudience(simulators.control, options))
  report('warm-up')
  await sendAndCount(platform, simulators, { accepted: count, unregistered: 0 })
  report('counting')
  const smooth = await sendAndCount(platform, simulators, { accepted: count, unregistered: 0 })
  report('counting with trouble')
  const unregistered = await makeTrouble(simulators, count)
  const { usage, breakdown } = await sendAndCount(platform, simulators, {
    accepted: count - unregistered,
    unregistered,
  })
  await simulators.endFaults()
  // Objects sleep while retries wait for their time, and a short wait does not get longer with more pushes.
  const rough = { usage: { ...usage, objectSeconds: smooth.usage.objectSeconds }, breakdown }
  return joinFindings(NAME, smooth, rough)
}

/** @returns how many devices will turn out to be gone */
async function makeTrouble({ control }: BenchSimulators, pushes: number): Promise<number> {
  const deaths = Math.floor(pushes / PUSHES_PER_DEATH)
  const rule = (every: number, times: number, effect: object) => ({ service: 'fcm', prefix: '', every, times, effect })
  const busy = { kind: 'status', status: 503, reason: 'UNAVAILABLE' }
  await control.post('/faults', rule(PUSHES_PER_503, Math.floor(pushes / PUSHES_PER_503), busy))
  await control.post('/faults', rule(PUSHES_PER_DEATH, deaths, { kind: 'unregistered' }))
  return deaths
}

/** Asks the platform nothing until it has counted: what it is asked would be counted as well. */
async function sendAndCount(
  platform: MeteredPlatform,
  simulators: BenchSimulators,
  expected: Expected,
): Promise<Counted> {
  await simulators.forget()
  const before = await platform.readMeters()
  const cpuBefore = readCpuMs(platform.pids) ?? 0
  const startedAt = performance.now()
  const { id } = await platform.api.post<{ id: string }>('/v1/notifications', notificationTo(TOPIC))
  await arrival(simulators, 'fcm', expected.accepted)
  const seconds = (performance.now() - startedAt) / 1000
  await sleep(SETTLING_MS)
  const cpuMs = (readCpuMs(platform.pids) ?? 0) - cpuBefore
  const after = await platform.readMeters()
  await completion(platform.api, id, expected)
  const pushes = expected.accepted + expected.unregistered
  const tally = difference(after.tally, before.tally)
  const usage: Usage = { ...tally, pushes, cpuMs, objectSeconds: seconds * OBJECTS_AWAKE }
  return { usage, breakdown: difference(after.breakdown, before.breakdown) }
}

function joinFindings(name: string, smooth: Counted, rough: Counted): Findings {
  const roughName = `${name}, 1 % answered 503 once, 1 % found dead and retired`
  return {
    rows: [rowOf(name, smooth, TARGET), rowOf(roughName, rough, null)],
    notes: [noteOf(name, smooth), noteOf(roughName, rough)],
    details: { smooth: detailsOf(smooth), rough: detailsOf(rough) },
  }
}

function rowOf(name: string, { usage }: Counted, target: number | null): Row {
  const dollars = total(priceUsage(usage))
  return {
    measured: `${name}, reckoned from ${usage.pushes.toLocaleString('en-US')}`,
    fanfare: `$${dollars.toFixed(4)}`,
    comparedWith: '',
    ratio: '',
    target: target === null ? 'for the record' : `< $${target.toFixed(2)}`,
    met: target === null ? null : dollars < target,
  }
}

function noteOf(name: string, { usage }: Counted): string {
  return `The arithmetic of ${name}: ${showArithmetic(priceUsage(usage))}.`
}

function detailsOf({ usage, breakdown }: Counted) {
  const lines = priceUsage(usage)
  return { dollarsPerMillion: total(lines), usage, lines, breakdown }
}
