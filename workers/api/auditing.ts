/**
 * Keeps the audit log as audited.ts says: notes an act before it is done and finishes the note when it is answered.
 * Part of every route by `allow(…)` (auth.ts), so that none can forget it. Refused attempts are refused-attempts.ts.
 */
import type { Context, MiddlewareHandler } from 'hono'
import type { AuditCalls } from '../../durable-objects/audit-rpc.ts'
import { auditLogOf, OPERATOR_LOG } from '../../durable-objects/stubs.ts'
import { outcomeOf } from '../../push/audit-entry.ts'
import { isId } from '../../push/ids.ts'
import type { OperationId } from './access.ts'
import { inTime, takenOrRefused } from './audit-in-time.ts'
import { AuditNote } from './audit-note.ts'
import { sourceOf } from './audit-source.ts'
import { targetOf } from './audit-target.ts'
import { AUDITED, type Audited } from './audited.ts'
import type { Caller } from './caller.ts'
import type { ApiEnv } from './context.ts'
import { codeOf } from './error-response.ts'
import { recallApp } from './known-apps.ts'

/** Comes after the guard: the caller is known, and may do this. */
export function keepAudit(operationId: OperationId): MiddlewareHandler<ApiEnv> {
  const audited: Audited = AUDITED[operationId]
  return async function auditing(c, next) {
    const note = new AuditNote()
    c.set('audit', note)
    if (typeof audited === 'string' || (audited.exceptDevices && c.var.caller.kind === 'device')) return await next()
    note.target = audited.target === undefined ? null : targetOf(audited.target, (name) => c.req.param(name))
    const { caller } = c.var
    const name = audited.byOperator ? OPERATOR_LOG : await logOf(c, caller)
    const id = crypto.randomUUID()
    const intent = { action: operationId, target: note.target, ...sourceOf(c, caller) }
    await takenOrRefused(auditLogOf(c.env, name).begin(id, intent))
    await next()
    await finish(c, auditLogOf(c.env, name), id, note)
  }
}

/** The app's that the caller belongs to; for the operator, that of the app in the path, if there is one. */
async function logOf(c: Context<ApiEnv>, caller: Caller): Promise<string> {
  if (caller.kind !== 'root') return caller.appId
  const appId = c.req.param('app') ?? ''
  const isThere = isId('app', appId) && (await recallApp(c.env, appId, Date.now())) !== null
  return isThere ? appId : OPERATOR_LOG
}

/** What is not finished here is `unknown` in the log after a while: it was done, and has its answer. */
async function finish(c: Context<ApiEnv>, log: AuditCalls, id: string, note: AuditNote): Promise<void> {
  const { status } = c.res
  const code = c.error === undefined ? null : codeOf(c.error)
  try {
    const ending = { outcome: outcomeOf(status), status, code, target: note.target, ...note.what }
    if (!(await inTime(log.finish(id, ending)))) throw new Error('the log had given up on it')
  } catch (error) {
    console.error('an act is in the audit log without its end', { request_id: c.var.requestId, error: String(error) })
  }
}
