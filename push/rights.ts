/**
 * Rights: what somebody may do, and what of it may be given on. Pure. The tables of scopes and built-in roles are
 * push/roles.ts; custom roles are rights with a name.
 */
import { type AccessLimits, findWider, isLimited, NO_LIMITS } from './access-limits.ts'
import { isBuiltInRole, ROLE_SCOPES, SCOPES, type Scope, type ScopeKind } from './roles.ts'

export interface Rights {
  readonly scopes: readonly Scope[]
  readonly limits: AccessLimits
}

/** Those of a key whose role is not there. */
export const NO_RIGHTS: Rights = { scopes: [], limits: NO_LIMITS }

/** Null: the name is not that of a built-in role. */
export function builtInRights(role: string): Rights | null {
  return isBuiltInRole(role) ? { scopes: ROLE_SCOPES[role], limits: NO_LIMITS } : null
}

/** What a key that is shipped inside apps may do at most, whatever becomes of its role. */
const PUBLIC_SCOPES = ROLE_SCOPES.client

/** Whether a key with these rights may be seen by everybody: then it is made as one that is. */
export function arePublic({ scopes }: Rights): boolean {
  return scopes.length > 0 && scopes.every((scope) => PUBLIC_SCOPES.includes(scope))
}

/** What is left of rights in a key that everybody sees. */
export function publicPartOf({ scopes, limits }: Rights): Rights {
  return { scopes: scopes.filter((scope) => PUBLIC_SCOPES.includes(scope)), limits }
}

/** The first scope that cannot be limited, of rights that are; null: they fit together. */
export function findUnlimitable({ scopes, limits }: Rights): Scope | null {
  const kinds: Readonly<Record<Scope, ScopeKind>> = SCOPES
  return isLimited(limits) ? (scopes.find((scope) => kinds[scope].ofWholeApp) ?? null) : null
}

/** What is left of rights that were lent, when the lender has less by now: nothing, where he is limited further. */
export function stillHeld(lent: Rights, held: Rights): Rights {
  const scopes = findWider(lent.limits, held.limits) === null ? lent.scopes : []
  return { scopes: scopes.filter((scope) => held.scopes.includes(scope)), limits: lent.limits }
}

/** What somebody has not got and would give away. */
export type Excess = { readonly scope: Scope } | { readonly limit: keyof AccessLimits }

/** Nobody gives away more than he has. Null: he has it all. */
export function findExcess(given: Rights, held: Rights): Excess | null {
  const scope = given.scopes.find((one) => !held.scopes.includes(one))
  if (scope !== undefined) return { scope }
  const limit = findWider(given.limits, held.limits)
  return limit === null ? null : { limit }
}
