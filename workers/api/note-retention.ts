/**
 * Notes in the operator's log that an app will keep its own for another time. The app's log has it as well, but that is
 * the one that then forgets sooner: whoever has the app's admin key shall not be the only one to know.
 */
import type { Context } from 'hono'
import { audit } from '../../durable-objects/audit-event.ts'
import { takenOrRefused } from './audit-in-time.ts'
import { sourceOf } from './audit-source.ts'
import type { ApiEnv } from './context.ts'
import { ApiProblem } from './problem.ts'

/** An app has no use for the same change twice in this time, and must not fill the operator's log with going back and forth. */
const ONCE_IN_SECONDS = 60

/**
 * Comes before the change.
 *
 * @param after days; undefined: they stay
 * @throws ApiProblem `overloaded`, `rate_limited`
 */
export async function noteRetention(
  c: Context<ApiEnv>,
  appId: string,
  before: number,
  after: number | undefined,
): Promise<void> {
  if (after === undefined || after === before) return
  const event = {
    action: 'auditRetentionChanged',
    target: appId,
    ...sourceOf(c, c.var.caller),
    before: { audit_retention_days: before },
    details: { audit_retention_days: after },
    once: `retention ${appId} ${after} ${Math.floor(Date.now() / 1000 / ONCE_IN_SECONDS)}`,
  }
  if (await takenOrRefused(audit(c.env, null, event))) return
  const detail = 'audit_retention_days was changed so a moment ago, and back. Send it again after Retry-After.'
  throw new ApiProblem('rate_limited', detail, { retryAfterSeconds: ONCE_IN_SECONDS })
}
