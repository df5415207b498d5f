/**
 * Short-lived tokens (`POST /v1/tokens`): JWTs by which a backend lends a part of its rights, mostly to one
 * user's client. Pure: the clock is an argument.
 *
 * HS256 with a key derived for the app, so that a token names its app (`kid`) and cannot speak for another. The
 * algorithm, type, issuer, audience and lifetime are pinned when a token is read (RFC 8725 §3).
 */
import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose'
import { isId } from './ids.ts'
import { deriveKeyBytes } from './master-key.ts'
import { isScope, type Scope } from './roles.ts'

/** Long enough for a session's first call, short enough that nobody has to revoke one. */
export const MAX_TOKEN_TTL_SECONDS = 3600

const ISSUER = 'fanfare'
/** RFC 8725 §3.11: no other JWT of ours can be taken for one of these. */
const TYPE = 'fanfare-token+jwt'

export interface UserToken {
  readonly appId: string
  /** Null: a part of the app's rights, bound to nobody. */
  readonly userId: string | null
  readonly scopes: readonly Scope[]
}

/**
 * @param lifetime `now` in epoch ms; `ttlSeconds` at most {@link MAX_TOKEN_TTL_SECONDS}
 * @throws MasterKeyError
 */
export async function mintUserToken(
  masterKey: string,
  token: UserToken,
  lifetime: { readonly now: number; readonly ttlSeconds: number },
): Promise<{ text: string; expiresAt: number }> {
  const issuedAtSeconds = Math.floor(lifetime.now / 1000)
  const expiresAtSeconds = issuedAtSeconds + lifetime.ttlSeconds
  const jwt = new SignJWT({ scope: token.scopes.join(' ') })
    .setProtectedHeader({ alg: 'HS256', typ: TYPE, kid: token.appId })
    .setIssuer(ISSUER)
    .setAudience(token.appId)
    .setIssuedAt(issuedAtSeconds)
    .setExpirationTime(expiresAtSeconds)
  if (token.userId !== null) jwt.setSubject(token.userId)
  const text = await jwt.sign(await deriveKeyBytes(masterKey, 'user token v1', token.appId))
  return { text, expiresAt: expiresAtSeconds * 1000 }
}

export type TokenReading =
  | { readonly kind: 'valid'; readonly token: UserToken }
  | { readonly kind: 'expired' }
  | { readonly kind: 'invalid' }

/** @param now epoch ms @throws MasterKeyError */
export async function readUserToken(masterKey: string, text: string, now: number): Promise<TokenReading> {
  const appId = appNamedBy(text)
  if (appId === null) return { kind: 'invalid' }
  try {
    const { payload } = await jwtVerify(text, await deriveKeyBytes(masterKey, 'user token v1', appId), {
      algorithms: ['HS256'],
      typ: TYPE,
      issuer: ISSUER,
      audience: appId,
      requiredClaims: ['iat', 'exp', 'scope'],
      maxTokenAge: MAX_TOKEN_TTL_SECONDS,
      currentDate: new Date(now),
    })
    const scopes = String(payload.scope).split(' ').filter(isScope)
    return { kind: 'valid', token: { appId, userId: payload.sub ?? null, scopes } }
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { kind: 'expired' }
    if (error instanceof errors.JOSEError) return { kind: 'invalid' }
    throw error
  }
}

/** Which app's key to check with. Untrusted until the signature is checked. */
function appNamedBy(text: string): string | null {
  try {
    const { kid } = decodeProtectedHeader(text)
    return kid !== undefined && isId('app', kid) ? kid : null
  } catch (error) {
    if (error instanceof TypeError) return null
    throw error
  }
}
