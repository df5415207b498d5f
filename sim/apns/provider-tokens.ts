/**
 * Which provider tokens APNs takes at this moment: verifies each once, remembers it by its text, and enforces the age
 * and the pace of minting. Knows nothing of connections and topics.
 *
 * Apple's text counts updates per connection; maintainers of public projects were throttled per team and key,
 * whatever the connection. The stricter reading is simulated: a second token of a key is refused until the first has
 * been in use for the key's floor. Old tokens go on working, and two tokens with the same `iat` are two tokens,
 * because an ES256 signature is different every time.
 */
import { isSignedBy, parseProviderToken } from './provider-token.ts'
import type { Reason } from './reasons.ts'
import type { SigningKey, SigningKeys } from './signing-keys.ts'

/** How far `iat` may be from now, either way: Apple refuses a provider token that is more than an hour old. */
const MAX_AGE_MS = 60 * 60 * 1000

export type Admission =
  | { readonly key: SigningKey; readonly reason: null }
  | { readonly key: null; readonly reason: Reason }

interface Admitted {
  readonly key: SigningKey
  readonly issuedAt: number
  readonly admission: Admission
}

export class ProviderTokens {
  readonly #keys: SigningKeys
  readonly #admitted = new Map<string, Admitted>()
  /** When the newest provider token of each key was first seen. */
  readonly #newestSince = new Map<SigningKey, number>()

  constructor(keys: SigningKeys) {
    this.#keys = keys
  }

  /** The key behind a provider token, or why it is refused at this moment. */
  admit(providerToken: string, now: number): Admission {
    const known = this.#admitted.get(providerToken)
    if (known === undefined) return this.#admitNew(providerToken, now)
    if (now - known.issuedAt > MAX_AGE_MS) return refuse('ExpiredProviderToken')
    return this.#keys.isCurrent(known.key) ? known.admission : refuse('InvalidProviderToken')
  }

  #admitNew(providerToken: string, now: number): Admission {
    const claims = parseProviderToken(providerToken)
    const key = claims === null ? undefined : this.#keys.find(claims.teamId, claims.keyId)
    if (claims === null || key === undefined || !isSignedBy(claims, key)) return refuse('InvalidProviderToken')
    if (now - claims.issuedAt > MAX_AGE_MS) return refuse('ExpiredProviderToken')
    if (claims.issuedAt - now > MAX_AGE_MS) return refuse('InvalidProviderToken')
    const newestSince = this.#newestSince.get(key)
    if (newestSince !== undefined && now - newestSince < key.mintFloorSeconds * 1000) {
      return refuse('TooManyProviderTokenUpdates')
    }
    const admission: Admission = { key, reason: null }
    this.#newestSince.set(key, now)
    this.#admitted.set(providerToken, { key, issuedAt: claims.issuedAt, admission })
    return admission
  }
}

function refuse(reason: Reason): Admission {
  return { key: null, reason }
}
