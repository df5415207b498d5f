/**
 * Enforces who may call a route. `allow(…)` is spread into a route's definition: it names the call, documents its
 * security and enforces it, all from its row in access.ts, so that they cannot differ; and the audit log is kept by it, as
 * audited.ts says.
 */
import type { MiddlewareHandler } from 'hono'
import { placeOf } from '../../push/key-habit.ts'
import { ROLE_SCOPES, ROLES } from '../../push/roles.ts'
import { ACCESS, type Grant, type OperationId } from './access.ts'
import { limitAddress } from './address-limit.ts'
import { keepAudit } from './auditing.ts'
import { authenticate } from './authenticate.ts'
import { limitBodies } from './body-limit.ts'
import { guardDoor } from './brute-force.ts'
import { type Caller, holds } from './caller.ts'
import type { ApiEnv } from './context.ts'
import { requireAllowedOrigin } from './cross-origin.ts'
import { ApiProblem } from './problem.ts'
import { limitCaller } from './rate-limit.ts'
import { countRefused } from './refused-attempts.ts'
import { requireRootKey } from './secrets.ts'

interface Access<Id> {
  readonly operationId: Id
  readonly security: Record<string, string[]>[]
  readonly middleware: MiddlewareHandler<ApiEnv>[]
}

/** Lets pass whoever has one of the grants in the row of this call; whoever comes, when there is none. */
export function allow<Id extends OperationId>(operationId: Id): Access<Id> {
  const grants: readonly Grant[] = ACCESS[operationId]
  return { operationId, security: grants.map(securityOf), middleware: guarded(operationId, grants) }
}

function guarded(operationId: OperationId, grants: readonly Grant[]): MiddlewareHandler<ApiEnv>[] {
  // A body is read when it is known whose it is, so that nobody fills the memory of an isolate without a key.
  if (grants.length === 0) return [limitAnybody(operationId), limitBodies]
  return [countRefused(operationId), guard(operationId, grants), limitBodies, keepAudit(operationId)]
}

/** Whoever comes makes the database read something, if only to find that it is not there. */
function limitAnybody(operationId: OperationId): MiddlewareHandler<ApiEnv> {
  return async function limited(c, next) {
    await limitAddress(c, operationId === 'getJwks' ? `keys of ${c.req.param('app')}` : 'anybody')
    await next()
  }
}

/** The names of the schemes are defined in openapi.ts. */
function securityOf(grant: Grant): Record<string, string[]> {
  if (grant === 'root') return { rootKey: [] }
  return grant === 'device' ? { deviceKey: [] } : { appKey: [grant] }
}

function guard(operationId: OperationId, grants: readonly Grant[]): MiddlewareHandler<ApiEnv> {
  return async function allowed(c, next) {
    const caller = await identify(c.env, c.req.raw, grants)
    // Before anything refuses: whoever is known is counted.
    c.set('caller', caller)
    await requireAllowedOrigin(c, caller)
    await limitCaller(c, caller, operationId)
    if (!grants.some((grant) => has(caller, grant))) throw refusal(caller, grants)
    await next()
  }
}

/** Where the operator could call, an operator's key that is not set is the first thing to fix. */
async function identify(env: Env, { headers, cf }: Request, grants: readonly Grant[]): Promise<Caller> {
  if (grants.length === 1 && grants[0] === 'root') requireRootKey(env)
  const authorization = headers.get('Authorization') ?? undefined
  const address = headers.get('CF-Connecting-IP')
  const from = { address, place: placeOf(cf as IncomingRequestCfProperties | undefined) }
  const now = Date.now()
  try {
    return await guardDoor(env, { address, authorization }, now, () => authenticate(env, authorization, from, now))
  } catch (error) {
    const unknown = error instanceof ApiProblem && error.code === 'unauthorized'
    if (unknown && grants.includes('root')) requireRootKey(env)
    throw error
  }
}

function has(caller: Caller, grant: Grant): boolean {
  return grant === 'root' || grant === 'device' ? caller.kind === grant : holds(caller, grant)
}

function refusal(caller: Caller, grants: readonly Grant[]): ApiProblem {
  const callers = [...new Set(grants.map(callersWith))].join(', or ')
  if (caller.kind === 'root') {
    return new ApiProblem('app_key_required', `ROOT_KEY belongs to no app. This call takes ${callers}.`)
  }
  return new ApiProblem(
    'forbidden',
    `This ${caller.kind === 'device' ? 'device key' : caller.kind} may not do this. It takes ${callers}.`,
  )
}

/** In words, for the answer to somebody who came with the wrong key. */
function callersWith(grant: Grant): string {
  if (grant === 'root') return 'ROOT_KEY'
  if (grant === 'device') return "the device's own key"
  const roles = ROLES.filter((role) => ROLE_SCOPES[role].includes(grant))
  return `a key of role ${roles.join(' or ')} (scope ${grant})`
}
