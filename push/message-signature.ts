/**
 * The signature that a push of a signing app carries as `fanfare_sig`: a JWS (RFC 7515) by which a device knows that
 * Fanfare sent this content to it, and the server that a receipt comes from who got it. Pure: the clock is an argument.
 *
 * Compact, ES256, with a digest of the content in place of the content: 426 bytes whatever the push says. The claims are
 * JWT's own: `jti` the push (`fanfare_id`), `aud` the device, `iat`, `exp`, and ours, `dig`.
 */
import { CompactSign, type CompactVerifyGetKey, compactVerify, errors } from 'jose'
import { digestContent, type SignedContent } from './signed-content.ts'

/** RFC 8725 §3.11: no other JWT of ours can be taken for one of these. */
const TYPE = 'fanfare-push+jwt'

/** Of every signature: ids, instants (until 2286) and digests are of one length. */
export const SIGNATURE_CHARACTERS = 426

/** How wrong a device's clock may be. What is replayed within it is dropped by its id. */
export const CLOCK_TOLERANCE_MS = 10 * 60_000

export interface SigningKey {
  /** The id of the app's secret for `messages`; named in the JWKS. */
  readonly kid: string
  readonly privateKey: CryptoKey
}

/** Which push a signature speaks of. */
export interface SignedPush {
  /** `fanfare_id`: when dead letters are sent again, that of the first notification. */
  readonly pushId: string
  readonly deviceId: string
}

interface SignedTimes {
  /** Epoch ms. */
  readonly now: number
  /** Epoch ms: the end of the push's life. */
  readonly expiresAt: number
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** @param digest of the content, see signed-content.ts */
export async function signMessage(
  { kid, privateKey }: SigningKey,
  { pushId, deviceId }: SignedPush,
  { now, expiresAt }: SignedTimes,
  digest: string,
): Promise<string> {
  const iat = Math.floor(now / 1000)
  const exp = Math.ceil(expiresAt / 1000)
  const claims: Claims = { jti: pushId, aud: deviceId, iat, exp, dig: digest }
  return await new CompactSign(encoder.encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'ES256', kid, typ: TYPE })
    .sign(privateKey)
}

/** What a device got, and when. */
export interface ReceivedPush extends SignedPush {
  readonly content: SignedContent
  /** `fanfare_unsubscribe`; null: it carries none. */
  readonly unsubscribe: string | null
  /** Epoch ms. */
  readonly now: number
}

/** `unknown`: it is no signature of a push, or none of these keys made it. */
export type SignatureVerdict = 'valid' | 'unknown' | 'other_push' | 'other_device' | 'expired' | 'early' | 'altered'

/** Whether the signature vouches for what the device got, by its clock. @param keyOf the app's JWKS */
export async function verifyMessage(
  signature: string,
  keyOf: CompactVerifyGetKey,
  received: ReceivedPush,
): Promise<SignatureVerdict> {
  const claims = await readClaims(signature, keyOf)
  if (claims === null) return 'unknown'
  if (claims.jti !== received.pushId) return 'other_push'
  if (claims.aud !== received.deviceId) return 'other_device'
  if (claims.exp * 1000 + CLOCK_TOLERANCE_MS <= received.now) return 'expired'
  if (claims.iat * 1000 - CLOCK_TOLERANCE_MS > received.now) return 'early'
  return claims.dig === (await digestContent(received.content, received.unsubscribe)) ? 'valid' : 'altered'
}

/**
 * Whether the signature proves that the push was sent to the device. Receipts may come weeks after a push has expired, so
 * that is not asked; how long they are taken is how long the key is kept.
 */
export async function provesReceipt(
  signature: string,
  keyOf: CompactVerifyGetKey,
  { pushId, deviceId }: SignedPush,
): Promise<boolean> {
  const claims = await readClaims(signature, keyOf)
  return claims !== null && claims.jti === pushId && claims.aud === deviceId
}

interface Claims {
  readonly jti: string
  readonly aud: string
  /** Epoch seconds, as JWT has them. */
  readonly iat: number
  readonly exp: number
  readonly dig: string
}

async function readClaims(signature: string, keyOf: CompactVerifyGetKey): Promise<Claims | null> {
  try {
    const { payload, protectedHeader } = await compactVerify(signature, keyOf, { algorithms: ['ES256'] })
    // Who signs is one of us, so what is of our type has our claims.
    return protectedHeader.typ === TYPE ? (JSON.parse(decoder.decode(payload)) as Claims) : null
  } catch (error) {
    if (error instanceof errors.JOSEError) return null
    throw error
  }
}
