/**
 * Enforces the limits of a caller (push/access-limits.ts decides). What is named by its name is refused by name, whether
 * it exists or not; what is named by an id is not there for whoever may not see it.
 */
import { notificationNamed } from '../../durable-objects/stubs.ts'
import { isLimited, reachesTopic, refuseSubject, type Subject, type SubjectRefusal } from '../../push/access-limits.ts'
import { isId } from '../../push/ids.ts'
import { type Caller, limitsOf } from './caller.ts'
import { requireTopicName } from './fields.ts'
import { ApiProblem } from './problem.ts'

/** Which field is at fault, and what it has to be. */
const SENDS: Readonly<Record<SubjectRefusal, readonly [param: string, rule: string]>> = {
  no_topic: ['/to', 'sends to topics only'],
  other_topic: ['/to/topic', 'sends to no such topic'],
  no_category: ['/category', 'has to name a category'],
  other_category: ['/category', 'sends nothing of this category'],
}

/** @throws ApiProblem `outside_limits` when the caller may not send this */
export function requireSendable(caller: Caller, subject: Subject): void {
  const limits = limitsOf(caller)
  const refusal = refuseSubject(limits, subject)
  if (refusal === null) return
  const [param, rule] = SENDS[refusal]
  const patterns = refusal.endsWith('topic') ? limits.topics : limits.categories
  throw outside(caller, rule, patterns, param)
}

/**
 * The name of a topic that the caller may read, change or subscribe to.
 *
 * @throws ApiProblem `invalid_topic`, `outside_limits`
 */
export function requireTopic(caller: Caller, name: string, param: string): string {
  requireTopicName(name, param)
  requireTopicWithin(caller, name, param)
  return name
}

/** The topics that a device asks to be in. @throws ApiProblem `outside_limits` that names the first that it may not */
export function requireTopicsWithin(caller: Caller, names: readonly string[]): void {
  for (const [index, name] of names.entries()) requireTopicWithin(caller, name, `/topics/${index}`)
}

function requireTopicWithin(caller: Caller, name: string, param: string): void {
  const limits = limitsOf(caller)
  if (!reachesTopic(limits, name)) throw outside(caller, 'reaches no such topic', limits.topics, param)
}

/** Whether the caller may see and touch a notification. Whoever has no limits costs no call, and gets true for any id. */
export async function reachesNotification(env: Env, caller: Caller, appId: string, id: string): Promise<boolean> {
  const limits = limitsOf(caller)
  if (!isLimited(limits)) return true
  const subject = isId('ntf', id) ? await notificationNamed(env, appId, id).subject() : null
  return subject !== null && refuseSubject(limits, subject) === null
}

function outside(caller: Caller, rule: string, patterns: readonly string[] | null, param: string): ApiProblem {
  const reach = patterns?.length ? patterns.join(', ') : 'nothing'
  return new ApiProblem('outside_limits', `This ${caller.kind} ${rule}. It is limited to ${reach}.`, { param })
}
