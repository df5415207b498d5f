/**
 * Reads from the payload of a push, as it was built for its push service, what a device will see of it: the content that
 * its signature covers. Whatever a payload holds beyond this is covered by nothing. Pure.
 */
import type { Platform } from './device.ts'
import type { Json, JsonObject } from './notification.ts'
import type { TicketContext } from './provider.ts'
import { buildApnsPayload } from './providers/apns/payload.ts'
import { buildFcmMessage } from './providers/fcm/payload.ts'
import { isJsonObject } from './providers/merge-json.ts'
import { buildWebPushPayload } from './providers/webpush/payload.ts'
import { isReservedDataKey } from './reserved-data-keys.ts'
import type { SignedContent } from './signed-content.ts'

/** What the devices of a ticket will see. */
export function contentFor(platform: Platform, context: TicketContext): SignedContent {
  switch (platform) {
    case 'fcm':
      return readFcmContent(buildFcmMessage(context))
    case 'apns':
      return readApnsContent(buildApnsPayload(context.message, context))
    case 'webpush':
      return readWebPushContent(buildWebPushPayload(context.message, context))
  }
}

/** `notification` and `data`: what every kind of device behind FCM is given. */
export function readFcmContent(message: JsonObject): SignedContent {
  const { title, body, image } = objectOf(message.notification)
  const { fanfare_url: url, fanfare_seq: seq, ...data } = objectOf(message.data)
  return { ...texts({ title, body, image, url, seq }), data: ownTexts(data) }
}

/** The alert, and the texts beside `aps`. An alert that is one text is the body (Apple's payload key reference). */
export function readApnsContent(payload: JsonObject): SignedContent {
  const { aps, fanfare_url: url, fanfare_image: image, fanfare_seq: seq, ...data } = payload
  const { alert } = objectOf(aps)
  const { title, body } = typeof alert === 'string' ? { title: undefined, body: alert } : objectOf(alert)
  return { ...texts({ title, body, image, url, seq }), data: ownTexts(data) }
}

/** All of it: what is neither a field of its own nor a mark is an option of the browser's. */
export function readWebPushContent(payload: JsonObject): SignedContent {
  const { title, body, image, url, data, fanfare_seq: seq, fanfare_id: _id, ...rest } = payload
  const options = Object.keys(rest).length === 0 ? undefined : canonicalJson(rest)
  return { ...texts({ title, body, image, url, seq }), options, data: stringsOf(objectOf(data)) }
}

/** RFC 8785, of JSON that was parsed. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (!isJsonObject(value)) return JSON.stringify(value)
  const members = Object.keys(value).sort()
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key]!)}`).join(',')}}`
}

type Fields = 'title' | 'body' | 'image' | 'url' | 'seq'

function texts(values: Record<Fields, Json | undefined>): Partial<Record<Fields, string>> {
  const { seq, ...rest } = values
  return stringsOf({ ...rest, ...(typeof seq === 'number' ? { seq: String(seq) } : { seq }) })
}

/** Keys that push services and Fanfare use for themselves are no data of the sender's. */
function ownTexts(values: Readonly<Record<string, Json | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(stringsOf(values)).filter(([key]) => !isReservedDataKey(key)))
}

function stringsOf(values: Readonly<Record<string, Json | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}
