/**
 * The access tokens that were issued and are still good. Looked up by the whole `Authorization` header, so that a
 * request costs one look into a map.
 */
import { randomBytes } from 'node:crypto'

export interface Grant {
  readonly projectId: string
  readonly scopes: ReadonlySet<string>
  /** Epoch ms. */
  readonly expiresAt: number
}

export class AccessTokens {
  readonly #byToken = new Map<string, Grant>()
  readonly #byHeader = new Map<string, Grant>()

  /** Makes a new access token in Google's look. */
  issue(grant: Grant, now: number): string {
    this.#dropExpired(now)
    const accessToken = `ya29.c.${randomBytes(96).toString('base64url')}`
    this.#byToken.set(accessToken, grant)
    return accessToken
  }

  /** What the header grants; null when its access token is unknown or expired. */
  find(authorization: string, now: number): Grant | null {
    const grant = this.#byHeader.get(authorization) ?? this.#learn(authorization)
    return grant !== null && grant.expiresAt > now ? grant : null
  }

  /** Makes every access token unknown, as when Google revokes them. */
  revokeAll(): void {
    this.#byToken.clear()
    this.#byHeader.clear()
  }

  /** RFC 9110 §11.1: the scheme is the same in any case. */
  #learn(authorization: string): Grant | null {
    const [, accessToken] = /^bearer +(\S+)$/i.exec(authorization) ?? []
    const grant = accessToken === undefined ? undefined : this.#byToken.get(accessToken)
    if (grant === undefined) return null
    this.#byHeader.set(authorization, grant)
    return grant
  }

  #dropExpired(now: number): void {
    for (const map of [this.#byToken, this.#byHeader]) {
      for (const [key, grant] of map) {
        if (grant.expiresAt <= now) map.delete(key)
      }
    }
  }
}
