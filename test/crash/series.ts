/**
 * All fan-outs of a run, one after the other over the same topic, each in another way, and the audit of each. Sequences
 * only.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dice } from '../../dev/dice.ts'
import { type Device, importDevices, makeDevices } from '../witness/audience.ts'
import { type Audit, audit, type Evidence } from '../witness/audit.ts'
import type { WayOut } from '../witness/vars.ts'
import { type FanoutPlan, playFanout, type Seen } from './fan-out.ts'
import { drawMoments } from './moments.ts'
import type { Stage } from './stage.ts'
import { type DoomedPlan, faultsOf, planDevices } from './trouble.ts'

export interface Way {
  readonly guarantee: Evidence['guarantee']
  readonly wayOut: WayOut
}

export interface Result extends Way {
  readonly kills: number
  readonly seconds: number
  /** That the topic has in the end. */
  readonly shards: number
  readonly audit: Audit
}

export interface SeriesPlan {
  readonly kills: number
  readonly devices: number
  readonly dice: Dice
  /** How each fan-out is sent. */
  readonly ways: readonly Way[]
  /** @param index of the fan-out */
  readonly onProgress: (index: number, kills: number, seen: Seen) => void
  readonly onResult: () => void
}

const TOPIC = 'crash'
/** Of the devices: so many more join with each fan-out. */
const JOINING_SHARE = 0.05
/** Dead devices leave the topic by then, however often the platform was killed in between. */
const RETIRED_WITHIN_MS = 30_000
const RETIRED_POLL_MS = 100

export async function playSeries(stage: Stage, plan: SeriesPlan): Promise<Result[]> {
  const { ways, dice } = plan
  await stage.startAnew(ways[0]!.wayOut, mostMembers(plan, 0))
  const vapidPublicKey = await stage.makeApp()
  const make = (plans: readonly DoomedPlan[]) => makeDevices(stage.witness.control, vapidPublicKey, plans)
  const plans = planDevices('user', plan.devices, ways.length, dice)
  let audience = await make(plans)
  await importDevices(stage.api, audience, [TOPIC])

  const results: Result[] = []
  for (const [index, way] of ways.entries()) {
    const kills = shareOf(plan.kills, index, ways.length)
    const startedAt = performance.now()
    const joining = await make(planDevices(`joined-${index}`, Math.ceil(plan.devices * JOINING_SHARE), 0, dice))
    const gone = goneIn(plans, audience, index)
    const gathered = await playOne(stage, plan, { index, kills, audience, joining, gone })
    const retired = new Set(
      gathered.evidence.deliveries.filter(({ status }) => status === 'unregistered').map(({ user_id }) => user_id),
    )
    audience = [...audience, ...joining].filter(({ userId }) => !retired.has(userId))
    const found = audit(gathered.evidence)
    const { subscribers, shards } = await readTopic(stage, audience.length)
    const mistakes = [...found.mistakes, ...gathered.differences]
    if (subscribers !== audience.length) {
      mistakes.push(`the topic has ${subscribers} subscribers, but ${audience.length} of its devices are alive`)
    }
    const seconds = (performance.now() - startedAt) / 1000
    results.push({ ...way, kills, seconds, shards, audit: { ...found, mistakes } })
    plan.onResult()
  }
  return results
}

async function playOne(
  stage: Stage,
  plan: SeriesPlan,
  one: Pick<FanoutPlan, 'audience' | 'joining' | 'gone'> & { readonly index: number; readonly kills: number },
) {
  const { ways, dice, onProgress } = plan
  const { index, kills, audience, joining, gone } = one
  const { guarantee, wayOut } = ways[index]!
  await stage.startAnew(wayOut, mostMembers(plan, index))
  await stage.witness.forget()
  await stage.witness.setFaults(faultsOf(index))
  return await playFanout(stage, {
    topic: TOPIC,
    guarantee,
    moments: drawMoments(kills, dice),
    audience,
    joining,
    gone,
    onProgress: (seen) => onProgress(index, kills, seen),
  })
}

/** Less with each fan-out, so that shards split in each of them when somebody joins. */
function mostMembers({ devices }: SeriesPlan, index: number): number {
  return Math.ceil(devices / (index + 2))
}

/** User ids of those whom this fan-out is to find dead. */
function goneIn(plans: readonly DoomedPlan[], audience: readonly Device[], index: number): ReadonlySet<string> {
  const doomed = new Set(plans.filter(({ doom }) => doom === index).map(({ userId }) => userId))
  return new Set(audience.map(({ userId }) => userId).filter((userId) => doomed.has(userId)))
}

/** Part `index` of a total that is cut into whole parts, which differ by one at most. */
function shareOf(total: number, index: number, parts: number): number {
  return Math.floor(((index + 1) * total) / parts) - Math.floor((index * total) / parts)
}

/** The topic once all are gone from it who are dead, or as it is when that takes too long. */
async function readTopic(stage: Stage, alive: number): Promise<{ subscribers: number; shards: number }> {
  const deadline = Date.now() + RETIRED_WITHIN_MS
  for (;;) {
    const topic = await stage.api.get<{ subscribers: number; shards: number }>(`/v1/topics/${TOPIC}`)
    if (topic.subscribers === alive || Date.now() > deadline) return topic
    await sleep(RETIRED_POLL_MS)
  }
}
