/**
 * How a Web Push service is told to handle a push: lifetime, urgency, replacement (RFC 8030 §5.2 to §5.4). Pure.
 */
import type { Message } from '../../notification.ts'
import { fingerprintHex } from '../fingerprint.ts'
import { type Lifetime, secondsLeft } from '../lifetime.ts'

/** A Topic is at most 32 characters of the base64url alphabet (RFC 8030 §5.4). */
const TOPIC = /^[A-Za-z0-9_-]{1,32}$/

/** Microsoft's service: `wns2-….notify.windows.com`. */
const WNS_HOST = /\.notify\.windows\.com$/

/** What the headers depend on. */
export interface Handling extends Lifetime {
  readonly message: Pick<Message, 'priority' | 'ttlSeconds' | 'collapseKey'>
}

/** The headers of a push to an endpoint on `origin`, but for `authorization`. */
export function buildWebPushHeaders(origin: string, handling: Handling): Record<string, string> {
  const { collapseKey, priority } = handling.message
  const ttlSeconds = secondsLeft(handling)
  return {
    'content-encoding': 'aes128gcm',
    'content-type': 'application/octet-stream',
    ttl: String(ttlSeconds),
    urgency: priority,
    ...(collapseKey !== undefined && { topic: topicOf(collapseKey) }),
    // WNS answers 400 to a TTL of 0 unless it is told not to keep the push (web-push-libs/pywebpush#162).
    ...(ttlSeconds === 0 && WNS_HOST.test(new URL(origin).hostname) && { 'x-wns-cache-policy': 'no-cache' }),
  }
}

/** The collapse key itself where it fits, else its fingerprint. */
export function topicOf(collapseKey: string): string {
  return TOPIC.test(collapseKey) ? collapseKey : fingerprintHex(collapseKey)
}
