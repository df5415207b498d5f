/**
 * API keys as text: made, recognised, fingerprinted. Pure: the random bytes are an argument.
 *
 * `sk_` (secret) or `pk_` (public, role client) + 32 characters of randomness + 6 of CRC-32 over everything
 * before them, in base 62. The prefix and the checksum let a secret scanner, a log filter or a person tell a
 * key from any other text without asking us, and let us refuse a mistyped one without asking D1.
 */
import type { Role } from './roles.ts'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** 32 characters of base 62: 190 bits. */
const RANDOM_CHARACTERS = 32
/** 62⁶ exceeds 2³². */
const CHECKSUM_CHARACTERS = 6
/** Largest multiple of 62 in a byte: bytes from here on are thrown away, so that no character is likelier. */
const UNBIASED_BYTES = 248

/** Random bytes that {@link makeApiKey} takes: twice what it needs on average leaves no doubt that they suffice. */
export const API_KEY_RANDOM_BYTES = 64

const API_KEY = new RegExp(`^[sp]k_[0-9A-Za-z]{${RANDOM_CHARACTERS + CHECKSUM_CHARACTERS}}$`)

/** @param random {@link API_KEY_RANDOM_BYTES} random bytes */
export function makeApiKey(role: Role, random: Uint8Array): string {
  const characters = [...random].filter((byte) => byte < UNBIASED_BYTES).map((byte) => ALPHABET[byte % 62])
  if (characters.length < RANDOM_CHARACTERS) throw new RangeError('too few usable random bytes for an API key')
  const body = `${role === 'client' ? 'pk' : 'sk'}_${characters.slice(0, RANDOM_CHARACTERS).join('')}`
  return body + checksumOf(body)
}

/** Whether the text is an API key that we could have made. Says nothing about whether it is known. */
export function isApiKey(text: string): boolean {
  if (!API_KEY.test(text)) return false
  return checksumOf(text.slice(0, -CHECKSUM_CHARACTERS)) === text.slice(-CHECKSUM_CHARACTERS)
}

/** What is stored of a key: SHA-256 in hex. The key has 190 bits of entropy, so a slow hash would add nothing. */
export async function hashApiKey(key: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

function checksumOf(text: string): string {
  let rest = crc32(text)
  let characters = ''
  for (let i = 0; i < CHECKSUM_CHARACTERS; i++) {
    characters = ALPHABET[rest % 62]! + characters
    rest = Math.floor(rest / 62)
  }
  return characters
}

/** CRC-32 of ISO 3309 (the one of zip and PNG), bit by bit: keys are short. The text is ASCII. */
function crc32(text: string): number {
  let crc = 0xffffffff
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i)
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
