/** Nobody gives away more than he has: a key, a role or a token of somebody has at most his rights. */
import { findExcess, findUnlimitable, type Rights } from '../../push/rights.ts'
import { type Caller, rightsOf } from './caller.ts'
import { ApiProblem } from './problem.ts'

/**
 * @param params which field is at fault when a scope is, or a limit
 * @throws ApiProblem `scope_not_allowed`
 */
export function requireMayGive(
  caller: Caller,
  given: Rights,
  params: { readonly scopes: string; readonly topics: string; readonly categories: string },
): void {
  const excess = findExcess(given, rightsOf(caller))
  if (excess === null) return
  if ('scope' in excess) {
    const detail = `This ${caller.kind} has not got the scope ${excess.scope}, so it cannot give it away.`
    throw new ApiProblem('scope_not_allowed', detail, { param: params.scopes })
  }
  const patterns = rightsOf(caller).limits[excess.limit]?.join(', ')
  const detail = `This ${caller.kind} is limited to ${excess.limit} of ${patterns}. What it gives away has to be too.`
  throw new ApiProblem('scope_not_allowed', detail, { param: params[excess.limit] })
}

/** @param param the list of scopes @throws ApiProblem `validation_failed` when a scope does not go with the limits */
export function requireLimitable(rights: Rights, param: string): void {
  const scope = findUnlimitable(rights)
  if (scope === null) return
  const detail = `${scope} shows what is about every topic and category. Leave it out, or the limits.`
  throw new ApiProblem('validation_failed', detail, { param: `${param}/${rights.scopes.indexOf(scope)}` })
}

/** Where the field that is at fault names a role, which has scopes and limits. */
export function allFrom(param: string) {
  return { scopes: param, topics: param, categories: param }
}
