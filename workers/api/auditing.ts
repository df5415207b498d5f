/**
 * Keeps the audit log as audited.ts says: notes an act before it is done and finishes the note when it is answered.
 * Part of every route by `allow(…)` (auth.ts), so that none can forget it. Refused attempts are refused-attempts.ts.
 */
import { waitUntil } from 'cloudflare:workers'
import type { Context, MiddlewareHandler } from 'hono'
import type { AuditCalls, AuditEnding } from '../../durable-objects/audit-rpc.ts'
import { auditLogOf, OPERATOR_LOG } from '../../durable-objects/stubs.ts'
import { type AuditIntent, outcomeOf } from '../../push/audit-entry.ts'
import { isId } from '../../push/ids.ts'
import type { OperationId } from './access.ts'
import { takenOrRefused } from './audit-in-time.ts'
import { AuditNote } from './audit-note.ts'
import { sourceOf } from './audit-source.ts'
import { targetOf } from './audit-target.ts'
import { AUDITED, type Audited, type AuditedAct } from './audited.ts'
import type { Caller } from './caller.ts'
import type { ApiEnv } from './context.ts'
import { codeOf } from './error-response.ts'
import { inTime } from './in-time.ts'
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
    const act = {
      id: crypto.randomUUID(),
      log: () => auditLogOf(c.env, name),
      intent: { action: operationId, target: note.target, ...sourceOf(c, caller) },
    }
    const isNoted = await noteOrRefuse(act, audited)
    note.isAct = true
    await next()
    const ending = endingOf(c, note)
    if (isNoted) await finish(act, ending)
    else waitUntil(tell(act, ending))
  }
}

interface Act {
  readonly id: string
  /** A new stub each time. */
  readonly log: () => AuditCalls
  readonly intent: AuditIntent
}

/** The app's that the caller belongs to; for the operator, that of the app in the path, if there is one. */
async function logOf(c: Context<ApiEnv>, caller: Caller): Promise<string> {
  if (caller.kind !== 'root') return caller.appId
  const appId = c.req.param('app') ?? ''
  const isThere = isId('app', appId) && (await recallApp(c.env, appId, Date.now())) !== null
  return isThere ? appId : OPERATOR_LOG
}

/** False: it is not noted, and is done all the same. @throws ApiProblem `overloaded` */
async function noteOrRefuse({ id, log, intent }: Act, { isStop }: AuditedAct): Promise<boolean> {
  try {
    await takenOrRefused(log().begin(id, intent))
    return true
  } catch (error) {
    if (isStop) return false
    throw error
  }
}

function endingOf(c: Context<ApiEnv>, { target, what }: AuditNote): AuditEnding {
  const { status } = c.res
  const code = c.error === undefined ? null : codeOf(c.error)
  return { outcome: outcomeOf(status), status, code, target, ...what }
}

/** What is not finished here is `unknown` in the log after a while: it was done, and has its answer. */
async function finish({ id, log, intent }: Act, ending: AuditEnding): Promise<void> {
  try {
    if (!(await inTime(log().finish(id, ending)))) throw new Error('the log had given up on it')
  } catch (error) {
    const { request_id } = intent.origin
    console.error('an act is in the audit log without its end', { request_id, error: String(error) })
  }
}

/** Tells of an act that was not noted. The log may have taken it all the same, too late; then it only lacks its end. */
async function tell({ id, log, intent }: Act, ending: AuditEnding): Promise<void> {
  if (ending.outcome === 'refused') return
  try {
    if (await inTime(log().finish(id, ending))) return
    await inTime(log().record({ ...intent, ...ending }, { once: id, payload: null }))
  } catch (error) {
    const { action, actor, origin } = intent
    const who = { actor: actor.kind, actor_id: actor.id, ip: origin.ip, request_id: origin.request_id }
    const what = { action, target: ending.target, outcome: ending.outcome }
    console.error('an act is not in the audit log', { ...what, ...who, error: String(error) })
  }
}
