/**
 * Who sent a Web Push: reads and verifies the VAPID header. Pure: text in, claims or a problem out; `now` is an
 * argument.
 *
 * Source: RFC 8292. Only its `vapid` scheme: RFC 8291 forbids the older `aesgcm` form and its `WebPush` scheme.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { POINT_BYTES } from './encryption.ts'
import type { Problem } from './problems.ts'

/** What a verified header says. */
export interface Vapid {
  /** Uncompressed P-256 point in base64url without padding. */
  readonly publicKey: string
  readonly audience: string
  readonly expiresAt: number
  readonly subject: string
}

export type VapidReading =
  | { readonly vapid: Vapid; readonly problem: null }
  | { readonly vapid: null; readonly problem: Problem }

/** RFC 8292 §2: `exp` is at most 24 hours ahead. */
const MAX_LIFETIME_MS = 24 * 60 * 60 * 1000

const SCHEME = /^vapid +(.+)$/i
const BASE64URL = /^[A-Za-z0-9_-]+={0,2}$/
/** RFC 8292 §2.1: a contact as a `mailto:` or `https:` URI. */
const SUBJECT = /^(?:mailto:[^@\s]+@[^@\s]+|https:\/\/[^\s/]+.*)$/

const LOCAL_SUBJECT = /^(?:mailto:[^@]+@|https:\/\/)(?:localhost|127\.0\.0\.1)(?:[:/]|$)/i

/** Reads a header and verifies its signature; whether its claims fit is for {@link checkVapid}. */
export function readVapid(authorization: string | undefined): VapidReading {
  if (authorization === undefined) return refuse('vapid_missing')
  const parameters = SCHEME.exec(authorization)?.[1]
  if (parameters === undefined) return refuse('vapid_malformed')
  const { t: providerToken, k: key } = readParameters(parameters)
  if (providerToken === undefined) return refuse('vapid_malformed')
  if (key === undefined) return refuse('vapid_key_missing')
  const publicKey = readPoint(key)
  if (publicKey === null) return refuse('vapid_key_invalid')
  return readProviderToken(providerToken, publicKey, unpadded(key))
}

/**
 * Whether a verified header is good for a subscription at this moment.
 *
 * @param boundTo the key that the subscription was made with; null when it was made with none
 */
export function checkVapid(vapid: Vapid, origin: string, boundTo: string | null, now: number): Problem | null {
  if (boundTo !== null && vapid.publicKey !== boundTo) return 'vapid_key_mismatch'
  if (vapid.audience !== origin) return 'vapid_audience_invalid'
  if (vapid.expiresAt <= now) return 'vapid_expired'
  return vapid.expiresAt - now > MAX_LIFETIME_MS ? 'vapid_expiry_too_far' : null
}

/** Whether a contact is on the sender's own machine, which some services take for a mistake. */
export function isLocalSubject(subject: string): boolean {
  return LOCAL_SUBJECT.test(subject)
}

/** Base64url as we keep it: browsers pad their keys, senders do not. */
export function unpadded(base64url: string): string {
  return base64url.replace(/=+$/, '')
}

/** Whether a text is an uncompressed P-256 public key in base64url. */
export function isPublicKey(key: string): boolean {
  return readPoint(key) !== null
}

function readProviderToken(providerToken: string, publicKey: KeyObject, key: string): VapidReading {
  const parts = providerToken.split('.')
  const header = parseJsonPart(parts[0])
  const claims = parseJsonPart(parts[1])
  if (parts.length !== 3 || header?.alg !== 'ES256' || claims === null) return refuse('vapid_malformed')
  const { aud, exp, sub } = claims
  if (!hasSignature(`${parts[0]}.${parts[1]}`, parts[2]!, publicKey)) return refuse('vapid_signature_invalid')
  if (typeof aud !== 'string') return refuse('vapid_audience_invalid')
  if (typeof exp !== 'number') return refuse('vapid_malformed')
  if (sub === undefined || sub === '') return refuse('vapid_subject_missing')
  if (typeof sub !== 'string' || !SUBJECT.test(sub)) return refuse('vapid_subject_invalid')
  return { vapid: { publicKey: key, audience: aud, expiresAt: exp * 1000, subject: sub }, problem: null }
}

function refuse(problem: Problem): VapidReading {
  return { vapid: null, problem }
}

/** `t=…, k=…` in any order, values bare or quoted. */
function readParameters(text: string): Readonly<Record<string, string | undefined>> {
  const parameters: Record<string, string> = {}
  for (const part of text.split(',')) {
    const separator = part.indexOf('=')
    if (separator < 0) continue
    parameters[part.slice(0, separator).trim()] = part
      .slice(separator + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1')
  }
  return parameters
}

/** The key as node takes it, or null when it is not a point on the curve. */
function readPoint(key: string): KeyObject | null {
  const point = BASE64URL.test(key) ? Buffer.from(key, 'base64url') : null
  if (point?.length !== POINT_BYTES || point[0] !== 4) return null
  const x = point.subarray(1, 33).toString('base64url')
  const y = point.subarray(33).toString('base64url')
  try {
    return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  } catch {
    return null
  }
}

/** JOSE's ES256 signatures are r and s side by side (RFC 7518 §3.4). */
function hasSignature(signedText: string, signature: string, key: KeyObject): boolean {
  return verify(
    'sha256',
    Buffer.from(signedText),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
}

function parseJsonPart(part: string | undefined): Record<string, unknown> | null {
  if (part === undefined) return null
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
