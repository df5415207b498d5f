/**
 * What a connection to APNs is bound to. Holds two facts and answers one question; no sockets.
 *
 * Source: Apple, "Establishing a token-based connection to APNs": a connection belongs to one team, and to one kind of
 * key; a key of the other environment or an unrelated one on it is an error.
 */
import type { Reason } from './reasons.ts'
import type { Environment, SigningKey } from './signing-keys.ts'

const ENVIRONMENT_OF_HOST: Readonly<Record<string, Environment>> = {
  'api.push.apple.com': 'production',
  'api.sandbox.push.apple.com': 'sandbox',
  'api.development.push.apple.com': 'sandbox',
}

export class Connection {
  #environment: Environment | null
  #boundTo: SigningKey | null = null

  /**
   * @param host the name the client asked for. Apple's own names fix the environment; any other (`localhost`) takes the
   *   environment of the key that opens the connection
   */
  constructor(host: string | undefined) {
    this.#environment = (host !== undefined && ENVIRONMENT_OF_HOST[host]) || null
  }

  /** Where this connection leads. Without a host of Apple's and before the first push it is the sandbox. */
  get environment(): Environment {
    return this.#environment ?? 'sandbox'
  }

  /** Lets a key that is known to be good use the connection, or says why not. The first one binds it. */
  admit(key: SigningKey): Reason | null {
    if (key === this.#boundTo) return null
    if (this.#boundTo !== null && this.#boundTo.teamId !== key.teamId) return 'InvalidProviderToken'
    if (this.#environment !== null && key.environment !== null && key.environment !== this.#environment) {
      return 'BadEnvironmentKeyIdInToken'
    }
    if (this.#boundTo !== null && !areRelated(this.#boundTo, key)) return 'UnrelatedKeyIdInToken'
    this.#boundTo ??= key
    this.#environment ??= key.environment
    return null
  }
}

/** Keys of one team share a connection when both are team-scoped, or both are for the same apps. */
function areRelated(one: SigningKey, other: SigningKey): boolean {
  if (one.bundleIds === null || other.bundleIds === null) return one.bundleIds === other.bundleIds
  return one.bundleIds.size === other.bundleIds.size && [...one.bundleIds].every((id) => other.bundleIds?.has(id))
}
