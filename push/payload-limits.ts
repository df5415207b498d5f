/**
 * Whether every push service can carry a message once it is built for it, counted in bytes of UTF-8. Pure.
 */
import { PLATFORMS, type Platform } from './device.ts'
import { SIGNATURE_CHARACTERS } from './message-signature.ts'
import type { Json, JsonObject, Message } from './notification.ts'
import type { PushIdentity } from './provider.ts'
import { buildApnsPayload } from './providers/apns/payload.ts'
import { buildFcmMessage } from './providers/fcm/payload.ts'
import { isJsonObject } from './providers/merge-json.ts'
import { MAX_PLAINTEXT_BYTES } from './providers/webpush/encryption.ts'
import { buildWebPushPayload } from './providers/webpush/payload.ts'
import { sampleUnsubscribeUrl } from './unsubscribe-link.ts'

/** A message that is too large for a service. */
export interface Oversize {
  readonly service: Platform
  readonly bytes: number
  readonly limitBytes: number
  readonly overBytes: number
}

/**
 * FCM: keys and values together (firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode). APNs: the JSON
 * (usernotifications/generating-a-remote-notification). Web Push: the JSON before encryption (RFC 8291 §4).
 */
const LIMIT_BYTES: Readonly<Record<Platform, number>> = { fcm: 4096, apns: 4096, webpush: MAX_PLAINTEXT_BYTES }

/** As long as every id of a notification is. */
const ANY_PUSH_ID = `ntf_${'0'.repeat(29)}`
/** As long as every `fanfare_seq` is, for the next 260 years: see order-line.ts. */
const ANY_SEQUENCE = 1_000_000_000_000

const encoder = new TextEncoder()

/** The service whose limit the message exceeds most, or null when all can carry it. `ordered` pushes carry more. */
export function findOversize(
  message: Message,
  ordered: boolean,
  services: readonly Platform[] = PLATFORMS,
): Oversize | null {
  const push = { pushId: ANY_PUSH_ID, pushSequence: ordered ? ANY_SEQUENCE : null }
  const marks = message.signed ? sampleMarks(message) : {}
  let worst: Oversize | null = null
  for (const service of services) {
    const bytes = countBytes(service, message, push, marks)
    const limitBytes = LIMIT_BYTES[service]
    const overBytes = bytes - limitBytes
    if (overBytes > (worst?.overBytes ?? 0)) worst = { service, bytes, limitBytes, overBytes }
  }
  return worst
}

/** What a push carries for its device alone: as long for one device as for any other. */
function sampleMarks({ unsubscribe }: Message): JsonObject {
  return {
    fanfare_sig: '0'.repeat(SIGNATURE_CHARACTERS),
    ...(unsubscribe && { fanfare_unsubscribe: sampleUnsubscribeUrl(unsubscribe) }),
  }
}

function countBytes(service: Platform, message: Message, push: PushIdentity, marks: JsonObject): number {
  switch (service) {
    case 'fcm':
      return countFcmBytes(message, push) + keyAndValueBytes(marks)
    case 'apns':
      return utf8Bytes(JSON.stringify({ ...buildApnsPayload(message, push), ...marks }))
    case 'webpush':
      return utf8Bytes(JSON.stringify({ ...buildWebPushPayload(message, push), ...marks }))
  }
}

/** What all devices behind FCM get, and the most that one kind of them gets beside it. */
function countFcmBytes(message: Message, push: PushIdentity): number {
  const times = { expiresAt: 0, now: 0 }
  const built = buildFcmMessage({ message, ...push, ...times })
  const part = (kind: string, ...fields: string[]) => {
    const options = built[kind]
    if (!isJsonObject(options)) return 0
    return fields.reduce((bytes, field) => bytes + keyAndValueBytes(options[field] ?? {}), 0)
  }
  const android = part('android', 'data', 'notification')
  const apple = part('apns', 'payload')
  const web = part('webpush', 'data', 'notification')
  const common = keyAndValueBytes(built.data ?? {}) + keyAndValueBytes(built.notification ?? {})
  return common + Math.max(android, apple, web)
}

/** Bytes of all keys and all values, without the punctuation between them. */
function keyAndValueBytes(value: Json): number {
  if (typeof value === 'string') return utf8Bytes(value)
  if (Array.isArray(value)) return value.reduce<number>((bytes, item) => bytes + keyAndValueBytes(item), 0)
  if (!isJsonObject(value)) return utf8Bytes(String(value))
  return Object.entries(value).reduce((bytes, [key, item]) => bytes + utf8Bytes(key) + keyAndValueBytes(item), 0)
}

function utf8Bytes(text: string): number {
  return encoder.encode(text).length
}
