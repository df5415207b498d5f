/**
 * What FCM itself checks of a message once its JSON is well-formed: the target, reserved keys, TTL, labels, size.
 * Pure; the shape was checked before (shapes.ts).
 */
import { isCondition } from './condition.ts'
import { fcmError, type Refusal, refuse, refuseField } from './errors.ts'
import { largestPayloadBytes } from './payload-size.ts'
import { isObject } from './shapes.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode: 4,096 bytes, and 2,048 to a topic. */
const MAX_PAYLOAD_BYTES = 4096
const MAX_TOPIC_PAYLOAD_BYTES = 2048
/** Four weeks. */
const MAX_TTL_SECONDS = 2_419_200

/** Registration tokens have no published grammar; those seen are 140 to 260 characters of this alphabet. */
const REGISTRATION_TOKEN = /^[A-Za-z0-9_:.-]{16,4096}$/
/** A Firebase installation id: 22 characters of base64url, whose first four bits are 0111. */
const INSTALLATION_ID = /^[cdef][A-Za-z0-9_-]{21}$/
const TOPIC_NAME = /^[a-zA-Z0-9\-_.~%]{1,900}$/
const ANALYTICS_LABEL = /^[a-zA-Z0-9\-_.~%]{1,50}$/

export function isRegistrationToken(registrationToken: string): boolean {
  return REGISTRATION_TOKEN.test(registrationToken)
}

export function isTopicName(topic: string): boolean {
  return TOPIC_NAME.test(topic)
}

/** Who a message is for, and how the inbox calls it. */
export interface Target {
  readonly kind: 'token' | 'fid' | 'topic' | 'condition'
  /** The device's address itself; `/topics/news` for a topic; the text of a condition. */
  readonly address: string
}

/** Finds the one target. Two are refused by the shape already. */
export function readTarget(fcmMessage: JsonObject): Target | Refusal {
  const { token, fid, topic, condition } = fcmMessage
  if (typeof token === 'string') return isRegistrationToken(token) ? { kind: 'token', address: token } : badToken()
  if (typeof fid === 'string') {
    return INSTALLATION_ID.test(fid) ? { kind: 'fid', address: fid } : refuseField('message.fid', 'Invalid FID')
  }
  if (typeof topic === 'string') {
    if (isTopicName(topic)) return { kind: 'topic', address: `/topics/${topic}` }
    return refuseField('message.topic', 'Invalid topic name')
  }
  if (typeof condition === 'string') {
    if (isCondition(condition)) return { kind: 'condition', address: condition }
    return refuseField('message.condition', 'Invalid condition expression provided.')
  }
  return refuseField('message', 'Recipient of the message is not set.')
}

function badToken(): Refusal {
  return refuse(
    'INVALID_ARGUMENT',
    'The registration token is not a valid FCM registration token',
    [fcmError('INVALID_ARGUMENT')],
    'INVALID_ARGUMENT',
  )
}

/**
 * Checks everything but the target.
 *
 * @param bodyBytes of the whole request: a body within the limit cannot hold a payload above it
 */
export function checkMessage(fcmMessage: JsonObject, target: Target, bodyBytes: number): Refusal | null {
  return (
    checkKeys(fcmMessage.data, 'message.data') ??
    checkAndroid(fcmMessage.android) ??
    checkWebpush(fcmMessage.webpush) ??
    checkLabels(fcmMessage) ??
    checkSize(fcmMessage, target, bodyBytes)
  )
}

function checkAndroid(android: unknown): Refusal | null {
  if (!isObject(android)) return null
  const refusal = checkKeys(android.data, 'message.android.data')
  if (refusal !== null) return refusal
  if (typeof android.ttl !== 'string') return null
  const seconds = Number.parseFloat(android.ttl)
  if (seconds >= 0 && seconds <= MAX_TTL_SECONDS) return null
  return refuseField('message.android.ttl', `Invalid ttl: must be between 0 and ${MAX_TTL_SECONDS} seconds.`)
}

function checkWebpush(webpush: unknown): Refusal | null {
  if (!isObject(webpush)) return null
  const refusal = checkKeys(webpush.data, 'message.webpush.data')
  if (refusal !== null) return refusal
  const options = webpush.fcm_options ?? webpush.fcmOptions
  if (!isObject(options) || typeof options.link !== 'string' || options.link.startsWith('https://')) return null
  return refuseField('message.webpush.fcm_options.link', 'Invalid link: must be an HTTPS URL.')
}

/** The client typings name the first set, the ErrorCode page the second: FCM refuses both. */
function isReservedKey(key: string): boolean {
  return (
    key === 'from' ||
    key === 'message_type' ||
    key === 'gcm' ||
    key.startsWith('google') ||
    key.startsWith('gcm.notification.')
  )
}

function checkKeys(data: unknown, path: string): Refusal | null {
  if (!isObject(data)) return null
  for (const key in data) {
    if (isReservedKey(key)) return refuseField(path, `Invalid data payload key: ${key}`)
  }
  return null
}

function checkLabels(fcmMessage: JsonObject): Refusal | null {
  return (
    checkLabel(fcmMessage, 'message') ??
    checkLabel(fcmMessage.android, 'message.android') ??
    checkLabel(fcmMessage.apns, 'message.apns') ??
    checkLabel(fcmMessage.webpush, 'message.webpush')
  )
}

function checkLabel(block: unknown, path: string): Refusal | null {
  if (!isObject(block)) return null
  const options = block.fcm_options ?? block.fcmOptions
  if (!isObject(options)) return null
  const label = options.analytics_label ?? options.analyticsLabel
  if (typeof label !== 'string' || ANALYTICS_LABEL.test(label)) return null
  return refuseField(`${path}.fcm_options.analytics_label`, 'Invalid analytics label.')
}

function checkSize(fcmMessage: JsonObject, target: Target, bodyBytes: number): Refusal | null {
  const limitBytes = target.kind === 'token' || target.kind === 'fid' ? MAX_PAYLOAD_BYTES : MAX_TOPIC_PAYLOAD_BYTES
  if (bodyBytes <= limitBytes || largestPayloadBytes(fcmMessage) <= limitBytes) return null
  // FCM names neither a field nor a number here (firebase/firebase-admin-go#580).
  return refuse('INVALID_ARGUMENT', 'Android message is too big', [], 'INVALID_ARGUMENT')
}
