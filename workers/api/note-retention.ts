/**
 * Notes in the operator's log that an app will keep its own for another time. The app's log has it as well, but that is
 * the one that then forgets sooner: whoever has the app's admin key shall not be the only one to know.
 */
import type { Context } from 'hono'
import { audit } from '../../durable-objects/audit-event.ts'
import { takenOrRefused } from './audit-in-time.ts'
import { sourceOf } from './audit-source.ts'
import type { ApiEnv } from './context.ts'

const DAY_MS = 24 * 60 * 60_000

/**
 * Comes before the change.
 *
 * @param after days; undefined: they stay
 * @throws ApiProblem `overloaded`
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
    // An app has no use for more, and must not fill the log of the operator with going back and forth.
    once: `retention ${appId} ${after} ${Math.floor(Date.now() / DAY_MS)}`,
  }
  await takenOrRefused(audit(c.env, null, event))
}
