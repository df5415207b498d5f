/**
 * Reading one APNs provider token: a JWT signed with ES256. Pure: text and keys in, a verdict out; no clock, no store.
 *
 * Source: Apple, "Establishing a token-based connection to APNs"; RFC 7515 and RFC 7518 §3.4.
 */
import { verify } from 'node:crypto'
import type { SigningKey } from './signing-keys.ts'

/** What a provider token says, before anybody believes it. */
export interface ProviderTokenClaims {
  readonly teamId: string
  readonly keyId: string
  readonly issuedAt: number
  /** Header and claims as they were signed. */
  readonly signedText: string
  readonly signature: Buffer
}

/** An `authorization` header: the scheme in any case, then the provider token. */
const BEARER = /^bearer +(\S+) *$/i

/** The provider token of an `authorization` header, or null when there is none. */
export function providerTokenOf(authorization: string | undefined): string | null {
  return (authorization !== undefined && BEARER.exec(authorization)?.[1]) || null
}

/** Takes a provider token apart; null when it is not one. */
export function parseProviderToken(providerToken: string): ProviderTokenClaims | null {
  const parts = providerToken.split('.')
  if (parts.length !== 3) return null
  const header = parseJsonPart(parts[0]!)
  const claims = parseJsonPart(parts[1]!)
  if (header === null || claims === null || header.alg !== 'ES256') return null
  if (typeof header.kid !== 'string' || typeof claims.iss !== 'string' || typeof claims.iat !== 'number') return null
  return {
    teamId: claims.iss,
    keyId: header.kid,
    issuedAt: claims.iat * 1000,
    signedText: `${parts[0]}.${parts[1]}`,
    signature: Buffer.from(parts[2]!, 'base64url'),
  }
}

/** Whether the key made the signature. JOSE's ES256 signatures are r and s side by side (RFC 7518 §3.4). */
export function isSignedBy(claims: ProviderTokenClaims, key: SigningKey): boolean {
  return verify(
    'sha256',
    Buffer.from(claims.signedText),
    { key: key.publicKey, dsaEncoding: 'ieee-p1363' },
    claims.signature,
  )
}

function parseJsonPart(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
