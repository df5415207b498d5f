/**
 * What the keys that Fanfare makes have in common as text: characters of base 62 made from randomness, a checksum at the
 * end, and the hash that is kept of them. Pure: the random bytes are an argument.
 *
 * The checksum is 6 characters of CRC-32 over everything before them, prefix included. With the prefix it lets a secret
 * scanner, a log filter or a person tell a key from any other text without asking us, and lets us refuse a mistyped one
 * without asking D1. It is no secret: whoever knows this page can make a text that has the right one.
 */

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** 32 characters of base 62: 190 bits. */
export const RANDOM_CHARACTERS = 32
/** 62⁶ exceeds 2³². */
export const CHECKSUM_CHARACTERS = 6
/** Largest multiple of 62 in a byte: bytes from here on are thrown away, so that no character is likelier. */
const UNBIASED_BYTES = 248

/** Random bytes that {@link randomCharacters} takes: twice what it needs on average leaves no doubt that they suffice. */
export const KEY_RANDOM_BYTES = 64

/** {@link RANDOM_CHARACTERS} characters. @param random {@link KEY_RANDOM_BYTES} random bytes */
export function randomCharacters(random: Uint8Array): string {
  const characters = [...random].filter((byte) => byte < UNBIASED_BYTES).map((byte) => ALPHABET[byte % 62])
  if (characters.length < RANDOM_CHARACTERS) throw new RangeError('too few usable random bytes for a key')
  return characters.slice(0, RANDOM_CHARACTERS).join('')
}

/** The text with its checksum behind it. @param text ASCII */
export function withChecksum(text: string): string {
  return text + checksumOf(text)
}

/** Whether the text ends with the checksum of what is before. */
export function hasChecksum(text: string): boolean {
  return checksumOf(text.slice(0, -CHECKSUM_CHARACTERS)) === text.slice(-CHECKSUM_CHARACTERS)
}

/** What is kept of a key: SHA-256 in hex. A key of ours has 190 bits of entropy, so a slow hash would add nothing. */
export async function hashKey(key: string): Promise<string> {
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

/** CRC-32 of ISO 3309 (the one of zip and PNG), bit by bit: keys are short. */
function crc32(text: string): number {
  let crc = 0xffffffff
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i)
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
