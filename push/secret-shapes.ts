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
  { name: 'a JWT', pattern: /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/g },
  { name: 'an access token of Google', pattern: /\bya29\.[\w.-]{40,}/g },
  { name: 'a private key', pattern: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/g },
  { name: 'a private JWK', pattern: /"d\\?":\s*\\?"[\w-]{42,}/g },
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
