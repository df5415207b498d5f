/**
 * Counts what callers that we know tried and may not do, and tells their app's audit log. An isolate gathers them for a
 * moment and tells once for all of a caller, after the answers; the log makes a row a minute of them. So a flood costs
 * a call every few seconds, and what gets lost with an isolate is a part of a count. Who is not known is nobody's log's
 * business: a forged bearer could name any app.
 */
import { waitUntil } from 'cloudflare:workers'
import type { MiddlewareHandler } from 'hono'
import { auditLogOf } from '../../durable-objects/stubs.ts'
import { addRefusals, type Refusals, refusalOf, refusedName } from '../../push/audit-refusals.ts'
import type { OperationId } from './access.ts'
import { sourceOf } from './audit-source.ts'
import type { ApiEnv } from './context.ts'
import { codeOf } from './error-response.ts'
import { RefusedCaller } from './refused-caller.ts'

const GATHER_MS = 2_000
/** Callers that are counted at the same time; beyond it is a flood of many keys, of which these say enough. */
const MOST_CALLERS = 1_000

interface Gathered {
  readonly appId: string
  readonly refusals: Refusals
  /** Epoch ms by which somebody was to have told. An invocation that is cut off tells nobody, and the next one must. */
  readonly toldBy: number
}

const gathered = new Map<string, Gathered>()

/** Comes before the guard, and looks at what it or the handler answered. */
export function countRefused(operationId: OperationId): MiddlewareHandler<ApiEnv> {
  return async function counting(c, next) {
    await next()
    if (c.res.status !== 401 && c.res.status !== 403) return
    const caller = c.error instanceof RefusedCaller ? c.error.caller : c.var.caller
    if (caller === undefined || caller.kind === 'root') return
    // What began as an act is counted by the log itself.
    if (c.var.audit?.isAct) return
    const code = c.error === undefined ? null : codeOf(c.error)
    note(c.env, caller.appId, refusalOf(sourceOf(c, caller), operationId, code), Date.now())
  }
}

function note(env: Env, appId: string, refusals: Refusals, now: number): void {
  const key = `${appId} ${refusedName(refusals.actor)}`
  const known = gathered.get(key)
  if (known === undefined && gathered.size >= MOST_CALLERS) return
  const mustTell = known === undefined || now > known.toldBy
  const toldBy = mustTell ? now + 2 * GATHER_MS : known.toldBy
  gathered.set(key, { appId, refusals: addRefusals(known?.refusals ?? null, refusals), toldBy })
  if (mustTell) waitUntil(tellSoon(env, key))
}

async function tellSoon(env: Env, key: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, GATHER_MS))
  const told = gathered.get(key)
  if (told === undefined) return
  gathered.delete(key)
  try {
    await auditLogOf(env, told.appId).refuse(told.refusals)
  } catch (error) {
    console.error('refused attempts are not in the audit log', { appId: told.appId, error: String(error) })
  }
}
