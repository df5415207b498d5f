/**
 * The rules of a Web Push request's headers, one function each. Pure: text in, a problem or null out.
 *
 * Source: RFC 8030 §5.2–5.4, RFC 8291 §4; where services differ, Mozilla's autopush-rs.
 */
import type { Problem } from './problems.ts'

/** A header's text; undefined when the request has none. */
export type HeaderText = string | undefined

const INTEGER = /^-?\d+$/
/** RFC 8030 §5.4: at most 32 characters of the base64url alphabet. */
const TOPIC = /^[A-Za-z0-9_-]{1,32}$/
/** RFC 8030 §5.3. */
const URGENCIES = new Set(['very-low', 'low', 'normal', 'high'])

/** Whether a header value has a parameter, such as `salt=…` in `Encryption`. */
const SALT = /(?:^|[;,\s])salt=/i
const DH = /(?:^|[;,\s])dh=/i

/** RFC 8030 §5.2: required, seconds. A TTL that is too long is shortened, not refused. */
export function checkTtl(ttl: HeaderText): Problem | null {
  if (ttl === undefined) return 'ttl_missing'
  if (!INTEGER.test(ttl)) return 'ttl_invalid'
  return ttl.startsWith('-') ? 'ttl_negative' : null
}

export function checkTopic(topic: HeaderText): Problem | null {
  return topic === undefined || TOPIC.test(topic) ? null : 'topic_invalid'
}

export function checkUrgency(urgency: HeaderText): Problem | null {
  return urgency === undefined || URGENCIES.has(urgency) ? null : 'urgency_invalid'
}

/** Asked only of a request with a body: an empty push has no encoding. */
export function checkEncoding(encoding: HeaderText, encryption: HeaderText, cryptoKey: HeaderText): Problem | null {
  if (encoding === undefined) return 'encoding_missing'
  if (encoding.toLowerCase() !== 'aes128gcm') return 'encoding_unknown'
  const hasOldKeys =
    (encryption !== undefined && SALT.test(encryption)) || (cryptoKey !== undefined && DH.test(cryptoKey))
  return hasOldKeys ? 'encryption_in_headers' : null
}
