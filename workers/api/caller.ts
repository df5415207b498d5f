/**
 * Who is calling, and the questions handlers ask about it. Pure: who it is was decided by authenticate.ts.
 */
import { type AccessLimits, NO_LIMITS } from '../../push/access-limits.ts'
import { NO_RIGHTS, type Rights } from '../../push/rights.ts'
import { SCOPE_NAMES, type Scope } from '../../push/roles.ts'
import { ApiProblem } from './problem.ts'

export type Caller =
  /** The operator, by ROOT_KEY. Belongs to no app. */
  | { readonly kind: 'root' }
  | {
      readonly kind: 'key'
      readonly appId: string
      readonly keyId: string
      /** For people. */
      readonly keyName: string | null
      /** The name of a built-in role, or of one of the app's own. */
      readonly role: string
      /** `pk_…`: it is shipped inside apps. */
      readonly isPublic: boolean
      readonly scopes: readonly Scope[]
      readonly limits: AccessLimits
    }
  /** A short-lived token; bound to a user, or not. */
  | {
      readonly kind: 'token'
      readonly appId: string
      /** The API key that minted it. */
      readonly keyId: string
      readonly userId: string | null
      readonly scopes: readonly Scope[]
      readonly limits: AccessLimits
    }
  /** A device, by its own key. */
  | {
      readonly kind: 'device'
      readonly appId: string
      readonly deviceId: string
      /** False: the key was rotated, and is good for a while longer. */
      readonly keyIsCurrent: boolean
    }

/** Whether the caller holds the scope. Root and devices hold none: routes name them. */
export function holds(caller: Caller, scope: Scope): boolean {
  return (caller.kind === 'key' || caller.kind === 'token') && caller.scopes.includes(scope)
}

/** Whether devices are real because it says so: a backend, or whoever it lent the right to bring or to change any device. */
export function vouches(caller: Caller): boolean {
  return holds(caller, 'devices:manage') || holds(caller, 'devices:import')
}

/** The topics and categories that its scopes reach. Whoever holds no scopes has no limits of them. */
export function limitsOf(caller: Caller): AccessLimits {
  return caller.kind === 'key' || caller.kind === 'token' ? caller.limits : NO_LIMITS
}

/** What the caller has to give away: the operator everything. */
export function rightsOf(caller: Caller): Rights {
  if (caller.kind === 'root') return { scopes: SCOPE_NAMES, limits: NO_LIMITS }
  return caller.kind === 'device' ? NO_RIGHTS : caller
}

/** The app the call is about. @throws ApiProblem `app_key_required` for the root key */
export function appIdOf(caller: Caller): string {
  if (caller.kind !== 'root') return caller.appId
  throw new ApiProblem('app_key_required', 'ROOT_KEY belongs to no app. Use a key made by POST /v1/apps/{app}/keys.')
}

/**
 * A device key speaks for its own device only. For everybody else the scope was checked already.
 *
 * @throws ApiProblem `not_found`: a device must not learn which other ids exist
 */
export function requireOwnDevice(caller: Caller, deviceId: string): void {
  if (caller.kind !== 'device' || caller.deviceId === deviceId) return
  throw new ApiProblem('not_found', `There is no device ${deviceId} for this device key.`, { param: 'id' })
}

/** A token bound to a user acts for that user alone; otherwise it takes the right to change any device. */
export function mayActFor(caller: Caller, userId: string): boolean {
  if (caller.kind === 'token' && caller.userId !== null) return caller.userId === userId
  return holds(caller, 'devices:manage')
}
