/**
 * From what a client says its device token or PushSubscription is to an {@link Address}, or to a problem that names
 * the field. Pure: nothing is looked up and no push service is asked.
 */
import { base64url } from 'jose'
import type { Address, Platform, WebPushAddress } from './device.ts'
import { checkEndpoint } from './endpoint-guard.ts'
import type { AllowedHosts } from './outbound-url.ts'
import { isP256Point, UNCOMPRESSED_POINT_BYTES } from './p256-point.ts'

/** The W3C PushSubscription as `toJSON()` gives it; its shape was checked, its values were not. */
export interface SubscriptionInput {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
}

/** Which field is wrong, as a JSON pointer, and what would be right. */
export interface AddressProblem {
  readonly code: 'invalid_device_token' | 'invalid_subscription' | 'endpoint_not_allowed'
  readonly param: string
  readonly detail: string
}

export type ParsedAddress =
  | { readonly ok: true; readonly address: Address }
  | { readonly ok: false; readonly problem: AddressProblem }

/** Registration tokens have no published grammar; those in the field have 140 to 260 characters of this alphabet. */
const FCM_TOKEN = /^[A-Za-z0-9_:.-]{16,4096}$/
/** A Firebase installation id: 17 bytes in base64url whose first four bits are 0111 (firebase-js-sdk, generate-fid.ts). */
const FCM_FID = /^[cdef][A-Za-z0-9_-]{21}$/
/** Apple: do not assume a length. Today 32 bytes; simulators have 80; the API takes at most 100. */
const APNS_TOKEN = /^(?:[0-9a-f]{2}){32,100}$/
const BASE64URL = /^[A-Za-z0-9_-]+={0,2}$/
/** The authentication secret (RFC 8291 §3.2). */
const AUTH_SECRET_BYTES = 16

/** Parses the device token of an FCM or APNs device. */
export function parseDeviceToken(platform: Exclude<Platform, 'webpush'>, deviceToken: string): ParsedAddress {
  return platform === 'fcm' ? parseFcmToken(deviceToken) : parseApnsToken(deviceToken)
}

/** Parses a PushSubscription: an endpoint that we may call, a point on P-256, a secret of 16 bytes. */
export function parseSubscription(subscription: SubscriptionInput, allowed: AllowedHosts): ParsedAddress {
  const check = checkEndpoint(subscription.endpoint, allowed)
  if (!check.ok) return refuse('endpoint_not_allowed', '/subscription/endpoint', check.detail)
  const p256dh = decode(subscription.keys.p256dh)
  if (p256dh?.length !== UNCOMPRESSED_POINT_BYTES) {
    return refuseKey('p256dh', `must be ${UNCOMPRESSED_POINT_BYTES} bytes in base64url`)
  }
  if (!isP256Point(p256dh)) return refuseKey('p256dh', 'is not a point on the curve P-256')
  const auth = decode(subscription.keys.auth)
  if (auth?.length !== AUTH_SECRET_BYTES) return refuseKey('auth', `must be ${AUTH_SECRET_BYTES} bytes in base64url`)
  const value: WebPushAddress = {
    endpoint: check.endpoint,
    p256dh: base64url.encode(p256dh),
    auth: base64url.encode(auth),
  }
  return { ok: true, address: { kind: 'webpush', value: JSON.stringify(value) } }
}

function parseFcmToken(deviceToken: string): ParsedAddress {
  if (FCM_FID.test(deviceToken)) return { ok: true, address: { kind: 'fcm_fid', value: deviceToken } }
  if (FCM_TOKEN.test(deviceToken)) return { ok: true, address: { kind: 'fcm_token', value: deviceToken } }
  return refuse(
    'invalid_device_token',
    '/token',
    'An FCM registration token has 16 to 4096 characters of A-Z a-z 0-9 _ : . - and nothing else.',
  )
}

function parseApnsToken(deviceToken: string): ParsedAddress {
  const value = deviceToken.toLowerCase()
  if (APNS_TOKEN.test(value)) return { ok: true, address: { kind: 'apns', value } }
  return refuse(
    'invalid_device_token',
    '/token',
    'An APNs device token is hexadecimal, two digits a byte, 64 to 200 digits in all.',
  )
}

/** Strict where atob is not: no other alphabet, no white space. */
function decode(text: string): Uint8Array | null {
  if (!BASE64URL.test(text)) return null
  const unpadded = text.replace(/=+$/, '')
  return unpadded.length % 4 === 1 ? null : base64url.decode(unpadded)
}

function refuseKey(key: 'p256dh' | 'auth', detail: string): ParsedAddress {
  return refuse('invalid_subscription', `/subscription/keys/${key}`, `The subscription's ${key} key ${detail}.`)
}

function refuse(code: AddressProblem['code'], param: string, detail: string): ParsedAddress {
  return { ok: false, problem: { code, param, detail } }
}
