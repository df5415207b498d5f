/**
 * Short-lived tokens (`POST /v1/tokens`): JWTs by which a backend lends a part of its rights, mostly to one
 * user's client. Pure: the clock is an argument.
 *
 * ES256 with the app's own `tokens` secret. Everything that may vary between JWTs is pinned here (RFC 8725 §3): the
 * header is compared with the one text that we write, so it is never interpreted, and the claims are ours alone.
 */
import { base64url, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { AccessLimits } from './access-limits.ts'
import { isId } from './ids.ts'
import { claimsOf, limitsOfClaims } from './limit-claims.ts'
import { isScope, refuseScope, type Scope } from './roles.ts'

/** Long enough for a session's first call, short enough that nobody has to revoke one. */
export const MAX_TOKEN_TTL_SECONDS = 3600
/**
 * Nothing longer is looked at. The longest user id and every scope there is make about 3,000, the longest limits that a
 * request may name another 4,000.
 */
export const MAX_TOKEN_CHARACTERS = 8_192
/** How far the clocks of two of Cloudflare's machines may be apart: the one that mints and the one that reads. */
const CLOCK_TOLERANCE_SECONDS = 5

const ALGORITHM = 'ES256'
const ISSUER = 'fanfare'
/** RFC 8725 §3.11: no other JWT of ours can be taken for one of these. */
const TYPE = 'fanfare-token+jwt'
/**
 * Three parts in base64url (RFC 7515 §7.1). An ES256 signature has 64 bytes (RFC 7518 §3.4): 86 characters, of which the
 * last says two bits and leaves four at zero, so that one signature has one spelling (RFC 4648 §3.5).
 */
const COMPACT = /^([\w-]+)\.[\w-]+\.[\w-]{85}[AQgw]$/

export interface UserToken {
  readonly appId: string
  /** The API key that minted it: the token ends when that key does. */
  readonly keyId: string
  /** Null: a part of the app's rights, bound to nobody. */
  readonly userId: string | null
  readonly scopes: readonly Scope[]
  readonly limits: AccessLimits
}

/** Which secret of which app signs, or is said to have signed. */
export interface TokenSigner {
  readonly appId: string
  /** The id of the `tokens` secret: `kid`. */
  readonly secretId: string
}

/**
 * @param key the private half of the app's current `tokens` secret @param secretId its id
 * @param lifetime `now` in epoch ms; `ttlSeconds` at most {@link MAX_TOKEN_TTL_SECONDS}
 */
export async function mintUserToken(
  key: CryptoKey,
  secretId: string,
  token: UserToken,
  lifetime: { readonly now: number; readonly ttlSeconds: number },
): Promise<{ text: string; expiresAt: number }> {
  const issuedAtSeconds = Math.floor(lifetime.now / 1000)
  const expiresAtSeconds = issuedAtSeconds + lifetime.ttlSeconds
  const jwt = new SignJWT({ scope: token.scopes.join(' '), key_id: token.keyId, ...claimsOf(token.limits) })
    .setProtectedHeader(headerOf({ appId: token.appId, secretId }))
    .setIssuer(ISSUER)
    .setAudience(token.appId)
    .setIssuedAt(issuedAtSeconds)
    .setExpirationTime(expiresAtSeconds)
  if (token.userId !== null) jwt.setSubject(token.userId)
  return { text: await jwt.sign(key), expiresAt: expiresAtSeconds * 1000 }
}

/**
 * Whose key to check the text with; null when it is no token of ours. Untrusted until the signature is checked, and
 * nothing but the name of a key.
 *
 * The header has to be, letter by letter, the one that {@link mintUserToken} writes for that app and secret. So there is
 * no other algorithm, type or spelling, no second `alg`, no `crit`, `b64` or `zip`, and no `jku`, `x5u` or `jwk` that
 * could bring a key along.
 */
export function signerNamedBy(text: string): TokenSigner | null {
  if (text.length > MAX_TOKEN_CHARACTERS) return null
  const header = COMPACT.exec(text)?.[1]
  if (header === undefined) return null
  const { aud: appId, kid: secretId } = parseObject(header)
  if (typeof appId !== 'string' || typeof secretId !== 'string') return null
  if (!isId('app', appId) || !isId('sec', secretId)) return null
  const signer = { appId, secretId }
  return base64url.encode(JSON.stringify(headerOf(signer))) === header ? signer : null
}

export type TokenReading =
  | { readonly kind: 'valid'; readonly token: UserToken }
  | { readonly kind: 'expired' }
  | { readonly kind: 'invalid' }

/**
 * @param key the public half of the secret that {@link signerNamedBy} says
 * @param now epoch ms
 */
export async function readUserToken(
  key: CryptoKey,
  { appId }: TokenSigner,
  text: string,
  now: number,
): Promise<TokenReading> {
  try {
    const { payload } = await jwtVerify(text, key, {
      algorithms: [ALGORITHM],
      typ: TYPE,
      issuer: ISSUER,
      audience: appId,
      requiredClaims: ['iat', 'exp', 'scope', 'key_id'],
      currentDate: new Date(now),
    })
    const token = readClaims(payload, appId, now)
    return token === null ? { kind: 'invalid' } : { kind: 'valid', token }
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { kind: 'expired' }
    if (error instanceof errors.JOSEError) return { kind: 'invalid' }
    throw error
  }
}

/**
 * `aud` stands in the header too (RFC 7519 §5.3), so that the app's keys are found without looking at claims that nobody
 * has verified. Both have to say the same.
 */
function headerOf({ appId, secretId }: TokenSigner) {
  return { alg: ALGORITHM, typ: TYPE, kid: secretId, aud: appId }
}

/** What a JWT may leave open and ours do not: a token that says more than we would have minted is none. */
function readClaims(payload: JWTPayload, appId: string, now: number): UserToken | null {
  const { aud, sub, iat, exp, scope, key_id } = payload
  const lasts = exp! - iat!
  if (aud !== appId || !Number.isInteger(lasts) || lasts <= 0 || lasts > MAX_TOKEN_TTL_SECONDS) return null
  if (iat! > now / 1000 + CLOCK_TOLERANCE_SECONDS) return null
  if (typeof key_id !== 'string' || !isId('key', key_id)) return null
  if (sub !== undefined && (typeof sub !== 'string' || sub === '')) return null
  const scopes = typeof scope === 'string' ? scope.split(' ') : []
  const mayCarry = (name: string): name is Scope =>
    isScope(name) && refuseScope(name, [name], sub !== undefined) === null
  if (scopes.length === 0 || !scopes.every(mayCarry)) return null
  return { appId, keyId: key_id, userId: sub ?? null, scopes, limits: limitsOfClaims(payload) }
}

/** {} for what is no JSON object in base64url. */
function parseObject(encoded: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(base64url.decode(encoded)))
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return {}
    throw error
  }
}
