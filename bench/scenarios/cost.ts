/**
 * What a million pushes to a topic would be billed, counted while a topic is sent to: once without trouble, which
 * has the target, and once with as much of it as a well-kept topic has.
 */
import { makeSecrets } from '../app.ts'
import { fcmDevices, importAudience, makeAudience } from '../audience.ts'
import { type CountedSend, sendAndCount } from '../cost/counted-send.ts'
import { startMeteredPlatform } from '../cost/metered-platform.ts'
import { COST_AIM, COST_TARGET, priceUsage, showArithmetic, total } from '../cost/prices.ts'
import type { Bench, Findings, Row, Scenario } from '../scenario.ts'
import type { BenchSimulators } from '../simulators.ts'
import { readTopic } from '../topic.ts'

const NAME = 'a million pushes to an FCM topic, direct'
const TOPIC = 'everybody'
/** Pushes of which one is answered 503 and sent again, and pushes of which one finds the device gone. */
const PUSHES_PER_503 = 100
const PUSHES_PER_DEATH = 101

type Counted = Omit<CountedSend, 'ms'>

export const cost: Scenario = { name: 'cost', run: measureCost }

async function measureCost({ sizes, simulators, openings, report }: Bench): Promise<Findings> {
  const secrets = await makeSecrets(simulators.control)
  const platform = openings.add(await startMeteredPlatform(simulators, secrets, 'direct'))
  const count = sizes.devices
  report(`registering ${count} devices`)
  await importAudience(platform.api, 'fcm', TOPIC, await makeAudience(simulators.control, fcmDevices(count)))
  const { shards } = await readTopic(platform.api, TOPIC)
  const topic = { name: TOPIC, shards }
  report('warm-up')
  await sendAndCount(platform, simulators, topic, { accepted: count, unregistered: 0 })
  report('counting')
  const smooth = await sendAndCount(platform, simulators, topic, { accepted: count, unregistered: 0 })
  report('counting with trouble')
  const unregistered = await makeTrouble(simulators, count)
  const { usage, breakdown } = await sendAndCount(platform, simulators, topic, {
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

function joinFindings(name: string, smooth: Counted, rough: Counted): Findings {
  const roughName = `${name}, 1 % answered 503 once, 1 % found dead and retired`
  return {
    rows: [rowOf(name, smooth, COST_TARGET), rowOf(roughName, rough, null)],
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
    target: target === null ? 'for the record' : `≤ $${target.toFixed(2)} (aim $${COST_AIM.toFixed(2)})`,
    met: target === null ? null : dollars <= target,
  }
}

function noteOf(name: string, { usage }: Counted): string {
  return `The arithmetic of ${name}: ${showArithmetic(priceUsage(usage))}.`
}

function detailsOf({ usage, breakdown }: Counted) {
  const lines = priceUsage(usage)
  return { dollarsPerMillion: total(lines), usage, lines, breakdown }
}
