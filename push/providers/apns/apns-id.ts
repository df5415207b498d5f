/**
 * The `apns-id` of a push: a function of the notification and the device, so that every attempt carries the same
 * one and a client or a log can tell a repeated push from a new one. Pure and synchronous: it is made once a push.
 */
import { fingerprint, hexOfWord } from '../fingerprint.ts'

/**
 * Prepares what all pushes of a notification have in common. The function returned gives a lower-case UUID of
 * version 8, "custom" (RFC 9562 §5.8), in the form Apple asks for
 * (usernotifications/sending-notification-requests-to-apns).
 */
export function apnsIdsOf(pushId: string): (deviceId: string) => string {
  const seed = fingerprint(pushId)
  return (deviceId) => {
    const [a, b, c, d] = fingerprint(deviceId, seed)
    const middle = hexOfWord((b & 0xffff0fff) | 0x8000)
    const variant = hexOfWord((c & 0x3fffffff) | 0x80000000)
    return `${hexOfWord(a)}-${middle.slice(0, 4)}-${middle.slice(4)}-${variant.slice(0, 4)}-${variant.slice(4)}${hexOfWord(d)}`
  }
}
