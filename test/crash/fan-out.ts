/**
 * One fan-out from its request to its completion, killed on the way at the moments that were drawn, and what has to be
 * known for its audit. Sequences only: moments.ts says when, ../witness/audit.ts whether all is well.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Device, importDevices } from '../witness/audience.ts'
import type { Evidence } from '../witness/audit.ts'
import { type Gathered, gatherEvidence } from '../witness/evidence.ts'
import { type NotificationView, readNotification } from '../witness/ledger.ts'
import { PUSH_SERVICES, type Witness } from '../witness/simulators.ts'
import { hasCome, type Moment, type Progress } from './moments.ts'
import type { Stage } from './stage.ts'

export interface FanoutPlan {
  readonly topic: string
  readonly guarantee: Evidence['guarantee']
  readonly moments: readonly Moment[]
  readonly audience: readonly Device[]
  /** Who joins the topic while it is fanned out. */
  readonly joining: readonly Device[]
  readonly gone: ReadonlySet<string>
  /** Told before each kill, and now and then. */
  readonly onProgress: (seen: Seen) => void
}

export interface Seen {
  readonly kills: number
  readonly moment: Moment | null
  readonly notification: NotificationView | null
}

const POLL_MS = 20
const JOINING_AT_ONCE = 100
/** Longer than every lease and retry of the test together; after that nothing will move any more. */
const STALLED_AFTER_MS = 90_000

export async function playFanout(stage: Stage, plan: FanoutPlan): Promise<Gathered> {
  const { id } = await stage.api.post<{ id: string }>('/v1/notifications', {
    to: { topic: plan.topic },
    title: 'Fanfare',
    body: 'One send, every device, each of them accounted for.',
    collapse_key: 'crash',
    ttl_seconds: 3600,
    guarantee: plan.guarantee,
  })
  const joined = joinMeanwhile(stage, plan)
  const inTheAir = new Map<string, number>()
  for (const [kills, moment] of plan.moments.entries()) {
    const notification = await waitFor(stage, id, moment, (seen) =>
      plan.onProgress({ kills, moment, notification: seen }),
    )
    plan.onProgress({ kills: kills + 1, moment, notification })
    for (const userId of await stage.kill(id)) inTheAir.set(userId, (inTheAir.get(userId) ?? 0) + 1)
    await stage.start()
  }
  const kills = plan.moments.length
  const last = await waitFor(stage, id, null, (notification) => plan.onProgress({ kills, moment: null, notification }))
  if (last === null) throw new Error('a fan-out that is completed has a ledger')
  await joined
  return await gatherEvidence(stage.api, stage.witness, { ...plan, notification: last, inTheAir })
}

/** A few at a time, so that kills come in between. What a kill interrupted is simply said again. */
async function joinMeanwhile(stage: Stage, { topic, joining }: FanoutPlan): Promise<void> {
  for (let from = 0; from < joining.length; from += JOINING_AT_ONCE) {
    await joinSurely(stage, joining.slice(from, from + JOINING_AT_ONCE), topic)
  }
}

async function joinSurely(stage: Stage, devices: readonly Device[], topic: string): Promise<void> {
  const deadline = Date.now() + STALLED_AFTER_MS
  for (;;) {
    try {
      return await importDevices(stage.api, devices, [topic])
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(POLL_MS)
    }
  }
}

/** Waits for a moment, or with null for the completion. @returns what was seen last @throws when nothing moves any more */
async function waitFor(
  stage: Stage,
  id: string,
  moment: Moment | null,
  onSeen: (seen: NotificationView) => void,
): Promise<NotificationView | null> {
  const { api, witness } = stage
  if (moment !== null && !moment.afterArrival) {
    await sleep(moment.delayMs)
    return null
  }
  const requestsBefore = await countRequests(witness)
  const deadline = Date.now() + STALLED_AFTER_MS
  for (;;) {
    const arrived = (await countRequests(witness)) > requestsBefore
    const notification = await readNotification(api, id)
    onSeen(notification)
    const progress = progressOf(notification, arrived)
    if (moment === null ? progress.completed : hasCome(moment, progress)) {
      if (moment !== null) await sleep(moment.delayMs)
      return notification
    }
    if (Date.now() > deadline) {
      throw new Error(`${id} has stood still: ${JSON.stringify(notification)}; the log is ${stage.logFile}`)
    }
    await sleep(POLL_MS)
  }
}

function progressOf({ counts, status }: NotificationView, arrived: boolean): Progress {
  const settledShare = counts.targeted === 0 ? 0 : 1 - counts.pending / counts.targeted
  return { settledShare, arrived, completed: status === 'completed' }
}

async function countRequests(witness: Witness): Promise<number> {
  const counts = await witness.counts()
  return PUSH_SERVICES.reduce((sum, service) => sum + counts[service].requests, 0)
}
