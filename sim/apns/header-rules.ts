/**
 * The rules of a push's headers and path, one function each. Pure: text in, a reason or null out.
 *
 * Source: Apple, "Sending notification requests to APNs".
 */
import type { Headers } from '../exchange.ts'
import { isPushType } from './push-types.ts'
import type { Reason } from './reasons.ts'

/** A header's text; undefined when the request has none. */
export type HeaderText = string | undefined

/** Longest `apns-collapse-id`. Bytes on the wire, each of which is one character of a header's text here. */
const MAX_COLLAPSE_ID_BYTES = 64

/** Canonical and lower case: Apple's page spells it as 8-4-4-4-12 lower-case hexadecimal digits. */
const MESSAGE_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Bundle ids are made of letters, digits, hyphens and dots. */
const TOPIC = /^[A-Za-z0-9.-]+$/

/** Epoch seconds, or 0 for "try once". */
const EXPIRATION = /^\d{1,12}$/

/** Hexadecimal of whole bytes. Apple has never issued fewer than 32 of them and asks to assume no upper limit. */
const DEVICE_TOKEN = /^(?:[0-9a-fA-F]{2}){32,}$/

/** Of the right shape, but never issued: what a sender may use to learn what APNs thinks of everything else. */
const NEVER_ISSUED = /^f{64}$/

const DEVICE_PATH = '/3/device/'

/**
 * No header may come twice. A transport joins repeated fields with a comma (RFC 9110 §5.3), which none of these may
 * hold otherwise. A collapse id may, so a repeated one passes.
 */
const SINGLE_HEADERS = ['apns-id', 'apns-topic', 'apns-priority', 'apns-push-type', 'apns-expiration', 'authorization']

export function checkRepetition(headers: Headers): Reason | null {
  return SINGLE_HEADERS.some((name) => headers[name]?.includes(',')) ? 'DuplicateHeaders' : null
}

export function checkMessageId(apnsId: HeaderText): Reason | null {
  return apnsId === undefined || MESSAGE_ID.test(apnsId) ? null : 'BadMessageId'
}

export function checkMethod(method: string): Reason | null {
  return method === 'POST' ? null : 'MethodNotAllowed'
}

/** Required with token authentication: a provider token says nothing about the app. */
export function checkTopic(topic: HeaderText): Reason | null {
  if (topic === undefined) return 'MissingTopic'
  return TOPIC.test(topic) ? null : 'BadTopic'
}

export function checkCollapseId(collapseId: HeaderText): Reason | null {
  return collapseId === undefined || collapseId.length <= MAX_COLLAPSE_ID_BYTES ? null : 'BadCollapseId'
}

export function checkExpiration(expiration: HeaderText): Reason | null {
  return expiration === undefined || EXPIRATION.test(expiration) ? null : 'BadExpirationDate'
}

/** 10 (also when the header is missing), 5 or 1; a `background` push must say 5. */
export function checkPriority(priority: HeaderText, pushType: HeaderText): Reason | null {
  if (pushType === 'background') return priority === '5' ? null : 'BadPriority'
  return priority === undefined || priority === '10' || priority === '5' || priority === '1' ? null : 'BadPriority'
}

export function checkPushType(pushType: HeaderText): Reason | null {
  return pushType === undefined || isPushType(pushType) ? null : 'InvalidPushType'
}

export function checkPath(path: string): Reason | null {
  if (!path.startsWith(DEVICE_PATH)) return 'BadPath'
  return path.length === DEVICE_PATH.length ? 'MissingDeviceToken' : null
}

/** The device token that a path names, lower case. Only for a path that passed {@link checkPath}. */
export function deviceTokenOf(path: string): string {
  return path.slice(DEVICE_PATH.length).toLowerCase()
}

export function checkDeviceToken(deviceToken: string): Reason | null {
  return DEVICE_TOKEN.test(deviceToken) ? null : 'BadDeviceToken'
}

/** Every well-formed device token is a live device, but for one. Apple looks for the device when it knows who asks. */
export function checkIssued(deviceToken: string): Reason | null {
  return NEVER_ISSUED.test(deviceToken) ? 'BadDeviceToken' : null
}
