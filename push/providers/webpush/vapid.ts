/**
 * Voluntary application server identification (RFC 8292): the keys, the provider token, the header. Pure but for the
 * signature and new keys. A token holds for one origin and may be kept for hours; Apple forbids a fresh one more often
 * than once an hour (web-push-libs/pywebpush#147).
 */
import { base64url, exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose'

/** An app's identity. Keys are in base64url: the uncompressed public point of 65 bytes, the private scalar of 32. */
export interface VapidKeys {
  readonly publicKey: string
  readonly privateKey: string
}

/** The identity with the address that a push service may complain to: `mailto:` or `https:` (RFC 8292 §2.1). */
export interface VapidIdentity extends VapidKeys {
  readonly subject: string
}

/** Services refuse more than 24 hours (RFC 8292 §2); half of that leaves room for clocks. */
export const VAPID_LIFETIME_SECONDS = 12 * 60 * 60

const COORDINATE_BYTES = 32
/** Marks an uncompressed point (SEC 1 §2.3.3). */
const UNCOMPRESSED = 4

/**
 * The provider token for endpoints on `origin`, good for {@link VAPID_LIFETIME_SECONDS}.
 *
 * @param now epoch ms
 * @throws TypeError or DOMException when the public key is not a point, or the private key not a scalar, of P-256
 */
export async function mintVapidToken(identity: VapidIdentity, origin: string, now: number): Promise<string> {
  const issuedAt = Math.floor(now / 1000)
  return new SignJWT({ aud: origin, exp: issuedAt + VAPID_LIFETIME_SECONDS, sub: identity.subject })
    .setProtectedHeader({ typ: 'JWT', alg: 'ES256' })
    .sign(await importVapidKey(identity))
}

/** The `authorization` header (RFC 8292 §3). */
export function vapidAuthorization(providerToken: string, publicKey: string): string {
  return `vapid t=${providerToken}, k=${publicKey}`
}

/** A new identity. Browsers bind subscriptions to its public key, so it can never be changed without losing them. */
export async function makeVapidKeys(): Promise<VapidKeys> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const { x, y, d } = await exportJWK(privateKey)
  if (x === undefined || y === undefined || d === undefined) throw new TypeError('A key on P-256 has x, y and d.')
  const point = new Uint8Array([UNCOMPRESSED, ...base64url.decode(x), ...base64url.decode(y)])
  return { publicKey: base64url.encode(point), privateKey: d }
}

function importVapidKey({ publicKey, privateKey }: VapidKeys): Promise<CryptoKey | Uint8Array> {
  const point = base64url.decode(publicKey)
  if (point.length !== 1 + 2 * COORDINATE_BYTES || point[0] !== UNCOMPRESSED) {
    throw new TypeError('A VAPID public key is an uncompressed point on P-256.')
  }
  const x = base64url.encode(point.subarray(1, 1 + COORDINATE_BYTES))
  const y = base64url.encode(point.subarray(1 + COORDINATE_BYTES))
  return importJWK({ kty: 'EC', crv: 'P-256', x, y, d: privateKey }, 'ES256')
}
