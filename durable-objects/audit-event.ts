/**
 * Writing into an audit log what is not a call of its own: that a key was used outside its habit, say. Calls are noted by
 * workers/api/auditing.ts, sends by their own object.
 */

import type { AuditActor, AuditOrigin } from '../push/audit-entry.ts'
import type { JsonObject } from '../push/notification.ts'
import type { AuditParts } from './audit-rpc.ts'
import { auditLogOf, OPERATOR_LOG } from './stubs.ts'

/** Something to know about. */
export interface AuditEvent {
  /** Its name, as a verb: `keyUsedUnusually`. Frozen once it was written. */
  readonly action: string
  readonly target: string | null
  readonly actor: AuditActor
  readonly origin: AuditOrigin
  /** What is known of it. Never a secret, and no message. */
  readonly details: JsonObject
  /** What that was before; left out: there is nothing to compare. */
  readonly before?: JsonObject
  /** What may be in the log once only, however often it is told; left out: it is new each time. */
  readonly once?: string
}

/**
 * Adds an event to the log of an app. Costs a call and a row, two with `once`: bound how often it may happen. False: what may
 * be there once is there.
 *
 * @param appId null: the operator's own
 * @throws what the log's object throws: it is not in the log
 */
export async function audit(env: Env, appId: string | null, event: AuditEvent): Promise<boolean> {
  const { action, target, actor, origin, details: after, before = null, once = null } = event
  const parts: AuditParts = { once, payload: null }
  const result = { outcome: 'noticed', status: null, code: null, before, after } as const
  return await auditLogOf(env, appId ?? OPERATOR_LOG).record({ action, target, actor, origin, ...result }, parts)
}
