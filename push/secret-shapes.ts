/**
 * Recognises secrets in text, each kind by how it is made: those of ours, and well-known ones of others. For what is kept
 * or printed and should never have one. Pure.
 */
import { isApiKey } from './api-key.ts'

interface Shape {
  readonly name: string
  readonly pattern: RegExp
  /** Where the pattern alone would take other text for one. */
  readonly isOne?: (text: string) => boolean
}

/** With as much randomness as real ones have: a made-up `sk_example` in a sentence is none. */
const SHAPES: readonly Shape[] = [
  { name: 'an API key', pattern: /\b[sp]k_[0-9A-Za-z]{38}\b/g, isOne: isApiKey },
  { name: 'a device key', pattern: /\bdk_[\w-]{60,}/g },
  { name: 'a root key', pattern: /\broot_[\w-]{24,}/g },
  { name: 'a signing secret of webhooks', pattern: /\bwhsec_[A-Za-z0-9+/=_-]{24,}/g },
  { name: 'a JWT', pattern: /\beyJ[\w-]{10,4000}\.eyJ[\w-]{10,}\.[\w-]{20,}/g },
  { name: 'an access token of Google', pattern: /\bya29\.[\w.-]{40,}/g },
  { name: 'a private key', pattern: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/g },
  // As JSON, as JSON within JSON, and as Node's inspect writes it.
  { name: 'a private JWK', pattern: /(?:"d\\?"|\bd):\s*\\?["'][\w-]{42,}/g },
  // PKCS #8 without its header: what every key of P-256 or RSA begins with, up to its algorithm.
  {
    name: 'a private key in base64',
    pattern: /\bM[\w+/-]{3,5}AgEAM(?:BMGByqGSM49AgEG|A0GCSqGSIb3DQEB)|\bMII[\w+/-]{3}IBADANBgkqhkiG9w0BAQEF/g,
  },
  { name: 'a private key of VAPID', pattern: /\bprivate_?key["'\\]*:\s*["'\\]*[\w-]{43}\b/gi },
  { name: 'a secret of Turnstile', pattern: /\b(?:0x4A|[1-3]x0)[\w-]{31,}/g },
  { name: 'a registration token of FCM', pattern: /\b[\w-]{11,64}:APA91b[\w-]{50,}/g },
  { name: 'a device token of APNs', pattern: /\/3\/device\/[0-9a-f]{64,}/gi },
  {
    name: 'an endpoint of Web Push',
    pattern:
      /\bhttps:\/\/(?:fcm\.googleapis\.com\/(?:fcm\/send|wp)|updates\.push\.services\.mozilla\.com|web\.push\.apple\.com|[\w.-]+\.notify\.windows\.com)\/[\w/:.?=%-]{20,}/g,
  },
  { name: 'a secret of a Web Push subscription', pattern: /\bauth["'\\]*:\s*["'\\]*[\w-]{22}\b/g },
  { name: 'the confirmation of a send', pattern: /\b1\.[0-9a-z]{8,9}\.[0-9a-z]{1,8}\.[\w-]{43}(?![\w-])/g },
  { name: 'an unsubscribe link', pattern: /(?:\b[0-9a-hjkmnp-tv-z]{29}\.){3}\d{10}\.[\w-]{22}\./g },
]

/** What kinds of secrets are in a text, each once. */
export function secretsIn(text: string): string[] {
  return SHAPES.filter(({ pattern, isOne = () => true }) => (text.match(pattern) ?? []).some(isOne)).map(
    ({ name }) => name,
  )
}

/** The text, if no secret is in it; otherwise what kinds are. None of it is left: where a secret ends is not always known. */
export function maskSecrets(text: string): string {
  const kinds = secretsIn(text)
  return kinds.length === 0 ? text : `[${kinds.join(', ')}]`
}
