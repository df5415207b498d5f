/**
 * The size of a message as FCM counts it: bytes of keys and values, for each platform with what the platform's own
 * block adds. Pure.
 */
import { Buffer } from 'node:buffer'
import { isObject } from './shapes.ts'

type JsonObject = Readonly<Record<string, unknown>>

/**
 * The bytes of the largest of the platforms' payloads.
 *
 * @param fcmMessage a message whose shape was checked
 */
export function largestPayloadBytes(fcmMessage: JsonObject): number {
  const commonBytes = bytesOf(fcmMessage.data) + bytesOf(fcmMessage.notification)
  const blocks = [
    contentBytes(fcmMessage.android),
    isObject(fcmMessage.apns) ? bytesOf(fcmMessage.apns.payload) : 0,
    contentBytes(fcmMessage.webpush),
  ]
  return commonBytes + Math.max(...blocks)
}

function contentBytes(block: unknown): number {
  return isObject(block) ? bytesOf(block.data) + bytesOf(block.notification) : 0
}

/** Keys and values, all the way down; what is neither key nor text counts as its JSON. */
function bytesOf(value: unknown): number {
  if (value === undefined || value === null) return 0
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (Array.isArray(value)) return value.reduce((bytes: number, item) => bytes + bytesOf(item), 0)
  if (!isObject(value)) return String(value).length
  let bytes = 0
  for (const key in value) bytes += Buffer.byteLength(key) + bytesOf(value[key])
  return bytes
}
