/**
 * How APNs is told to handle a push: type, priority, expiration, replacement. Pure.
 * Source: usernotifications/sending-notification-requests-to-apns.
 */
import type { JsonObject, Message } from '../../notification.ts'
import { fingerprintHex } from '../fingerprint.ts'
import { expirationSeconds, type Lifetime } from '../lifetime.ts'
import { isLiveActivity, isSilent } from './payload.ts'

type PushType = 'alert' | 'background' | 'liveactivity'

/** What is appended to the bundle id to make the `apns-topic` of a push type. */
const TOPIC_SUFFIX: Readonly<Record<PushType, string>> = {
  alert: '',
  background: '',
  liveactivity: '.push-type.liveactivity',
}

/** `apns-collapse-id` takes at most 64 bytes. A header takes visible ASCII, where a byte is a character. */
const COLLAPSE_ID = /^[!-~]{1,64}$/

/** What the headers depend on beside the payload. */
export interface Handling extends Lifetime {
  readonly message: Pick<Message, 'priority' | 'ttlSeconds' | 'collapseKey'>
}

/** The headers that follow from the content; a push type that contradicts it is an error, a delay or silence. */
export function buildTypeHeaders(aps: JsonObject, bundleId: string): Record<string, string> {
  const pushType = pushTypeOf(aps)
  return { 'apns-topic': bundleId + TOPIC_SUFFIX[pushType], 'apns-push-type': pushType }
}

/** Priority, expiration and collapse id: what FCM passes on to APNs too. */
export function buildHandlingHeaders(aps: JsonObject, handling: Handling): Record<string, string> {
  const { collapseKey, priority, ttlSeconds } = handling.message
  return {
    'apns-priority': isUrgent(aps, priority) ? '10' : '5',
    // 0: one attempt, not stored.
    'apns-expiration': ttlSeconds === 0 ? '0' : String(expirationSeconds(handling)),
    ...(collapseKey !== undefined && { 'apns-collapse-id': collapseIdOf(collapseKey) }),
  }
}

function pushTypeOf(aps: JsonObject): PushType {
  if (isLiveActivity(aps)) return 'liveactivity'
  return isSilent(aps) ? 'background' : 'alert'
}

/** A background push with priority 10 is an error. */
function isUrgent(aps: JsonObject, priority: Message['priority']): boolean {
  return priority === 'high' && !isSilent(aps)
}

function collapseIdOf(collapseKey: string): string {
  return COLLAPSE_ID.test(collapseKey) ? collapseKey : fingerprintHex(collapseKey)
}
