/**
 * Whether a push is what Fanfare signed for this device: JWS (RFC 7515) with ES256, by the browser's own WebCrypto. The
 * clock and the keys are arguments; nothing is fetched or kept here.
 */
import { canonicalContent, contentOf, type SignedContent } from './content.ts'
import { encodeBase64url } from './subscription.ts'

/** RFC 8725 §3.11: nothing else that the app's keys sign is taken for the signature of a push. */
const TYPE = 'fanfare-push+jwt'
const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
/** How wrong this device's clock may be. */
const CLOCK_TOLERANCE_MS = 10 * 60_000

/** One of the app's keys, as its JWKS publishes it (RFC 7517). */
export interface PublicKey extends JsonWebKey {
  readonly kid?: string
}

/** `unknown`: there is no signature, or none of the app's keys made it. The others say what it vouches for instead. */
export type Verdict = 'valid' | 'unknown' | 'other_push' | 'other_device' | 'expired' | 'early' | 'altered'

/** How to judge: for which device, at what time (epoch ms), with which keys. */
export interface Judge {
  readonly deviceId: string
  readonly now: number
  readonly findKey: (kid: string) => Promise<PublicKey | undefined>
}

interface Claims {
  readonly jti: string
  readonly aud: string
  /** Epoch seconds. */
  readonly iat: number
  readonly exp: number
  /** base64url of SHA-256 over the canonical content. */
  readonly dig: string
}

/** @param payload of the push, parsed */
export async function verifyPush(payload: Readonly<Record<string, unknown>>, judge: Judge): Promise<Verdict> {
  const { fanfare_sig: signature, fanfare_id: id } = payload
  const claims = typeof signature === 'string' ? await readClaims(signature, judge) : null
  return claims === null ? 'unknown' : judgeClaims(claims, id, contentOf(payload), judge)
}

/** @param id the push's `fanfare_id` */
export async function judgeClaims(
  claims: Claims,
  id: unknown,
  content: SignedContent,
  { deviceId, now }: Omit<Judge, 'findKey'>,
): Promise<Verdict> {
  if (claims.jti !== id) return 'other_push'
  if (claims.aud !== deviceId) return 'other_device'
  if (claims.exp * 1000 + CLOCK_TOLERANCE_MS <= now) return 'expired'
  if (claims.iat * 1000 - CLOCK_TOLERANCE_MS > now) return 'early'
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonicalContent(content)))
  return claims.dig === encodeBase64url(new Uint8Array(digest)) ? 'valid' : 'altered'
}

/** What the signature says, once it is proved; null: it is no signature of a push by one of the app's keys. */
export async function readClaims(signature: string, { findKey }: Pick<Judge, 'findKey'>): Promise<Claims | null> {
  const [header = '', payload = '', proof = '', ...more] = signature.split('.')
  const { alg, typ, kid } = readJson(header) ?? {}
  if (more.length > 0 || alg !== 'ES256' || typ !== TYPE || typeof kid !== 'string') return null
  const jwk = await findKey(kid)
  const bytes = decodeBase64url(proof)
  if (jwk === undefined || bytes === null) return null
  const { kty, crv, x, y } = jwk
  const key = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, ES256, false, ['verify'])
  const signed = new TextEncoder().encode(`${header}.${payload}`)
  if (!(await crypto.subtle.verify(ES256, key, bytes, signed))) return null
  return readJson(payload) as Claims | null
}

function readJson(text: string): Record<string, unknown> | null {
  const bytes = decodeBase64url(text)
  if (bytes === null) return null
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** Null: it is no base64url (RFC 4648 §5). `Uint8Array.fromBase64` is too young to rely on. */
function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return null
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
}
