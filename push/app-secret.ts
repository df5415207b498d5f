/**
 * The secrets that an app has of Fanfare's making, each for one use, and their life: made, current, retired, gone. Pure:
 * the clock is an argument. How they are sealed and stored is decided elsewhere.
 */
import { base64url, exportJWK, generateKeyPair, type JWK } from 'jose'

/**
 * What a secret is for. One use's secret means nothing to another, and each is rotated by itself.
 *
 * - `tokens`: ES256 key that signs short-lived tokens
 * - `messages`: ES256 key that signs pushes; SDKs verify with the public half
 * - `device_keys`: HMAC key behind the keys of devices
 * - `links`: HMAC key behind what a push carries for its receipt and for leaving a topic
 */
export const APP_SECRET_USES = ['tokens', 'messages', 'device_keys', 'links'] as const
export type AppSecretUse = (typeof APP_SECRET_USES)[number]

/** Uses whose public half is published as JWKS. ES256 because every browser, iOS and Android verify it natively. */
const SIGNING: readonly AppSecretUse[] = ['tokens', 'messages']

/** HMAC-SHA-256 wants 32 bytes. */
const HMAC_KEY_BYTES = 32

export interface AppSecret {
  /** The `kid` of a signing key. */
  readonly id: string
  readonly use: AppSecretUse
  readonly createdAt: number
  /** Epoch ms from which on it makes nothing new; null: it is the current one. */
  readonly retiredAt: number | null
  /** Epoch ms from which on what it made is refused; null while it is current. */
  readonly expiresAt: number | null
  readonly material: SecretMaterial
}

/** A private JWK, or the bytes of an HMAC key in base64url. */
export type SecretMaterial = { readonly jwk: JWK } | { readonly hmacKey: string }

export function isSigningUse(use: AppSecretUse): boolean {
  return SIGNING.includes(use)
}

/** New material from the platform's randomness, for the use. */
export async function makeSecretMaterial(use: AppSecretUse): Promise<SecretMaterial> {
  if (!isSigningUse(use)) {
    return { hmacKey: base64url.encode(crypto.getRandomValues(new Uint8Array(HMAC_KEY_BYTES))) }
  }
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { jwk: await exportJWK(privateKey) }
}

/** What JWKS says of a signing key (RFC 7517 §4); null for one that has no public half. */
export function publicJwkOf({ id, material }: AppSecret): JWK | null {
  if (!('jwk' in material)) return null
  const { kty, crv, x, y } = material.jwk
  return { kty, crv, x, y, kid: id, use: 'sig', alg: 'ES256' }
}

/** The one that makes new things: of those that are not retired the newest. */
export function currentOf(secrets: readonly AppSecret[], use: AppSecretUse): AppSecret | null {
  const candidates = secrets.filter((secret) => secret.use === use && secret.retiredAt === null)
  return candidates.reduce<AppSecret | null>(
    (newest, secret) => (newest === null || secret.createdAt > newest.createdAt ? secret : newest),
    null,
  )
}

/** Those whose work is still good. @param now epoch ms */
export function acceptedOf(secrets: readonly AppSecret[], use: AppSecretUse, now: number): AppSecret[] {
  return secrets.filter((secret) => secret.use === use && (secret.expiresAt === null || secret.expiresAt > now))
}
