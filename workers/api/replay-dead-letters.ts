/**
 * Sends dead letters again: one new notification for each notification that they are of. Looks at all of them before it
 * makes anything; a repetition with the same idempotency key finds what the first one made, and makes what it had not.
 */
import { replayNotification } from '../../durable-objects/notifications.ts'
import type { Replayable, ShardPlace } from '../../durable-objects/rpc.ts'
import { notificationNamed } from '../../durable-objects/stubs.ts'
import type { AuditSource } from '../../push/audit-entry.ts'
import { makeDeadLetterId } from '../../push/dead-letter-id.ts'
import { isId } from '../../push/ids.ts'
import { type Send, topicOf } from '../../push/notification.ts'
import type { Replay } from '../../push/replay.ts'
import { appIdOf, type Caller } from './caller.ts'
import { requireConfirmation, type ToConfirm } from './confirm-send.ts'
import type { ReplayAnswer } from './dead-letter-answer.ts'
import { unknownNotification } from './list-dead-letters.ts'
import { ApiProblem } from './problem.ts'
import { requireAccepted } from './require-accepted.ts'
import { createWithinQuota } from './send-quota.ts'
import { reachesNotification } from './within-limits.ts'

/** Dead letters of one notification that are to be sent again. */
export interface ReplayGroup {
  readonly of: string
  /** Null: all of them. */
  readonly places: readonly ShardPlace[] | null
}

export interface ReplayRequest extends ToConfirm {
  readonly groups: readonly ReplayGroup[]
  /** For the audit log; null: it is not to know. */
  readonly sentBy: AuditSource | null
}

/** @throws ApiProblem `not_found`, `confirmation_required`, `quota_exceeded`, or what {@link requireAccepted} throws */
export async function replayDeadLetters(
  env: Env,
  request: ReplayRequest,
): Promise<{ readonly answer: ReplayAnswer; readonly isRepetition: boolean }> {
  const made = await findEarlier(env, request)
  const isRepetition = made.size > 0
  const looks: { of: string; found: Replayable }[] = []
  for (const group of request.groups) {
    if (!made.has(group.of)) looks.push({ of: group.of, found: await look(env, request.appId, group) })
  }
  await requireConfirmation(env, request, () => looks.reduce((all, { found }) => all + found.open, 0))
  let skipped = 0
  for (const { of, found } of looks) {
    if (found.open === 0) skipped += found.replayed
    else for (const one of await make(env, request, of, found, made.size === 0)) made.set(one.replay.of, one)
  }
  const data = [...made].map(([replay_of, { id, replay }]) => ({ id, replay_of, recipients: replay.recipients }))
  for (const { replay } of made.values()) skipped += replay.skipped
  return { answer: { data, skipped }, isRepetition }
}

/**
 * Asked before anything else, also of a repetition: what is outside the caller's limits is not there for it.
 *
 * @throws ApiProblem `not_found`
 */
export async function requireReachable(env: Env, caller: Caller, groups: readonly ReplayGroup[]): Promise<void> {
  for (const { of, places } of groups) {
    if (!(await reachesNotification(env, caller, appIdOf(caller), of))) throw unknown(of, places ?? [])
  }
}

interface Made {
  readonly id: string
  readonly replay: Replay
}

/** What an earlier request with the same key made, by what it is a replay of. */
async function findEarlier(env: Env, request: ReplayRequest): Promise<Map<string, Made>> {
  const made = new Map<string, Made>()
  const first = await findMade(env, request, null)
  if (first === null) return made
  made.set(first.replay.of, first)
  for (const { of } of request.groups) {
    const other = made.has(of) ? null : await findMade(env, request, of)
    if (other !== null) made.set(of, other)
  }
  return made
}

async function findMade(env: Env, request: ReplayRequest, of: string | null): Promise<Made | null> {
  const outcome = await replayNotification(env, { ...request, idempotencyKey: keyOf(request, of) })
  return outcome && (await readMade(env, request.appId, requireAccepted(outcome, request.idempotencyKey).id))
}

/** @throws ApiProblem `not_found`: some of what was asked for is no dead letter of the app */
async function look(env: Env, appId: string, { of, places }: ReplayGroup): Promise<Replayable> {
  const there = isId('ntf', of) ? await notificationNamed(env, appId, of).replayable(places) : null
  // An object is named by a part of the id; the ledgers know the whole one.
  const found = there?.of === of ? there : null
  const strangers = found ? found.unknown : (places ?? [])
  if (found === null || strangers.length > 0) throw unknown(of, strangers)
  return found
}

/** @param places those of a request that named dead letters; none: it named the notification */
function unknown(of: string, [place]: readonly ShardPlace[]): ApiProblem {
  if (place === undefined) return unknownNotification(of, '/notification_id')
  const id = makeDeadLetterId({ notificationId: of, ...place })
  return new ApiProblem('not_found', `There is no dead letter ${id} in this app.`, { param: '/ids' })
}

function replaySend(of: string, { send, pushId, kind, pieces, open, replayed }: Replayable): Send {
  const topic = topicOf(send.audience)
  const replay: Replay = { of, pushId, kind, topic, pieces, recipients: open, skipped: replayed }
  const { message, guarantee, campaign } = send
  return { audience: { kind: 'replay', replay }, message, guarantee, sendAt: null, ordered: false, campaign }
}

/** @returns the replay of a notification, and that which a twin of this request has made first meanwhile */
async function make(
  env: Env,
  request: ReplayRequest,
  of: string,
  found: Replayable,
  isFirst: boolean,
): Promise<Made[]> {
  const send = replaySend(of, found)
  const made = await create(env, request, send, isFirst ? null : of)
  return made.replay.of === of ? [made] : [made, await create(env, request, send, of)]
}

async function create(env: Env, request: ReplayRequest, send: Send, of: string | null): Promise<Made> {
  const { answer } = await createWithinQuota(env, { ...request, send, idempotencyKey: keyOf(request, of) })
  return await readMade(env, request.appId, requireAccepted(answer, request.idempotencyKey).id)
}

/**
 * The first notification that a request makes has the request's own key, so that the key finds it whatever another
 * body says; the others have a key each. A line feed is in no header.
 */
function keyOf({ idempotencyKey }: ReplayRequest, of: string | null): string | null {
  return idempotencyKey === null || of === null ? idempotencyKey : `${idempotencyKey}\n${of}`
}

async function readMade(env: Env, appId: string, id: string): Promise<Made> {
  const view = await notificationNamed(env, appId, id).view()
  if (view?.send.audience.kind !== 'replay') throw new Error(`${id} is no replay`)
  return { id: view.id, replay: view.send.audience.replay }
}
