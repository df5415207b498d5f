/**
 * Recognises secrets in text, each kind by how it is made. For logs: what it finds there should never have been written.
 * Pure.
 */
import { isApiKey } from '../push/api-key.ts'

interface Kind {
  readonly name: string
  readonly pattern: RegExp
  /** Where the pattern alone would take other text for one. */
  readonly isOne?: (text: string) => boolean
}

/** Shapes with as much randomness as real ones have: a made-up `sk_example` in a sentence is none. */
const KINDS: readonly Kind[] = [
  { name: 'an API key', pattern: /\b[sp]k_[0-9A-Za-z]{38}\b/g, isOne: isApiKey },
  { name: 'a device key', pattern: /\bdk_[\w-]{60,}/g },
  { name: 'a root key', pattern: /\broot_[\w-]{24,}/g },
  { name: 'a signing secret of webhooks', pattern: /\bwhsec_[A-Za-z0-9+/=_-]{24,}/g },
  { name: 'a JWT', pattern: /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/g },
  { name: 'an access token of Google', pattern: /\bya29\.[\w.-]{40,}/g },
  { name: 'a private key', pattern: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/g },
  { name: 'a private JWK', pattern: /"d\\?":\s*\\?"[\w-]{42,}/g },
]

/**
 * What kinds of secrets are in a line, each once.
 *
 * @param known secrets that have no shape of their own, by name
 */
export function findSecrets(line: string, known: Readonly<Record<string, string>> = {}): string[] {
  const shaped = KINDS.filter(({ pattern, isOne = () => true }) => (line.match(pattern) ?? []).some(isOne))
  const named = Object.entries(known).filter(([, secret]) => secret !== '' && line.includes(secret))
  return [...shaped.map(({ name }) => name), ...named.map(([name]) => name)]
}
