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
 * - `links`: HMAC key behind the links by which the reader of a push leaves a topic
 */
export const APP_SECRET_USES = ['tokens', 'messages', 'device_keys', 'links'] as const
export type AppSecretUse = (typeof APP_SECRET_USES)[number]

const DAY_SECONDS = 24 * 60 * 60

/**
 * How long what an earlier secret made stays good after a rotation that says nothing: as long as there may be something of
 * its making.
 *
 * - `tokens`: they live an hour, and for five seconds more an isolate may not have heard of the new secret
 * - `messages`: a push service keeps a push for up to 28 days; two more for a device that is slow to show it
 * - `device_keys`: a device gets its new key when the app registers it again, at its next start. One that was not started
 *   for 270 days is stale to FCM too
 * - `links`: they are in pushes of up to 28 days, and a notification can be asked about for 30 days after it is over
 */
export const DEFAULT_OVERLAP_SECONDS: Readonly<Record<AppSecretUse, number>> = {
  tokens: 3_660,
  messages: 30 * DAY_SECONDS,
  device_keys: 270 * DAY_SECONDS,
  links: 60 * DAY_SECONDS,
}

/** Uses whose public half is published as JWKS. ES256 because every browser, iOS and Android verify it natively. */
export const SIGNING_USES: readonly AppSecretUse[] = ['tokens', 'messages']

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
  return SIGNING_USES.includes(use)
}

/** New material from the platform's randomness, for the use. */
export async function makeSecretMaterial(use: AppSecretUse): Promise<SecretMaterial> {
  if (!isSigningUse(use)) {
    return { hmacKey: base64url.encode(crypto.getRandomValues(new Uint8Array(HMAC_KEY_BYTES))) }
  }
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { jwk: await exportJWK(privateKey) }
}

/** What JWKS says of a signing key (RFC 7517 §4, RFC 7518 §6.2.1). */
export interface PublicJwk {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
  readonly kid: string
  readonly use: 'sig'
  readonly alg: 'ES256'
}

/** Null for a secret that has no public half. */
export function publicJwkOf({ id, material }: AppSecret): PublicJwk | null {
  if (!('jwk' in material)) return null
  const { x, y } = material.jwk
  return { kty: 'EC', crv: 'P-256', x: x!, y: y!, kid: id, use: 'sig', alg: 'ES256' }
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
