/**
 * Stable 128-bit fingerprints of text: MurmurHash3 x86_128 (Austin Appleby, public domain), synchronous and cheap
 * enough to be taken once a push. Not for secrets or proofs: whoever chooses the text can make two of them meet.
 */

/** Four unsigned 32-bit words. As a seed: what was hashed before. */
export type Fingerprint = readonly [number, number, number, number]

const UNSEEDED: Fingerprint = [0, 0, 0, 0]
const HEX_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const encoder = new TextEncoder()

/** The fingerprint of the text's UTF-8 bytes. */
export function fingerprint(text: string, seed: Fingerprint = UNSEEDED): Fingerprint {
  return murmur3x86x128(isAscii(text) ? text : utf8ByteString(text), seed)
}

/** 32 lower-case hexadecimal digits. */
export function fingerprintHex(text: string): string {
  return fingerprint(text).map(hexOfWord).join('')
}

/** 8 lower-case hexadecimal digits. */
export function hexOfWord(word: number): string {
  return (
    HEX_BYTES[word >>> 24]! + HEX_BYTES[(word >>> 16) & 255]! + HEX_BYTES[(word >>> 8) & 255]! + HEX_BYTES[word & 255]!
  )
}

/** @param bytes one character a byte, codes 0 to 255 */
export function murmur3x86x128(bytes: string, seed: Fingerprint): Fingerprint {
  const length = bytes.length
  const blocksEnd = length & ~15
  let [h1, h2, h3, h4] = seed
  for (let i = 0; i < blocksEnd; i += 16) {
    h1 ^= scramble1(wordAt(bytes, i))
    h1 = (Math.imul(rotate(h1, 19) + h2, 5) + 0x561ccd1b) | 0
    h2 ^= scramble2(wordAt(bytes, i + 4))
    h2 = (Math.imul(rotate(h2, 17) + h3, 5) + 0x0bcaa747) | 0
    h3 ^= scramble3(wordAt(bytes, i + 8))
    h3 = (Math.imul(rotate(h3, 15) + h4, 5) + 0x96cd1c35) | 0
    h4 ^= scramble4(wordAt(bytes, i + 12))
    h4 = (Math.imul(rotate(h4, 13) + h1, 5) + 0x32ac3b17) | 0
  }
  h4 ^= scramble4(tailWordAt(bytes, blocksEnd + 12)) ^ length
  h3 ^= scramble3(tailWordAt(bytes, blocksEnd + 8)) ^ length
  h2 ^= scramble2(tailWordAt(bytes, blocksEnd + 4)) ^ length
  h1 ^= scramble1(tailWordAt(bytes, blocksEnd)) ^ length
  h1 = (h1 + h2 + h3 + h4) | 0
  h2 = finalize((h2 + h1) | 0)
  h3 = finalize((h3 + h1) | 0)
  h4 = finalize((h4 + h1) | 0)
  h1 = finalize(h1)
  h1 = (h1 + h2 + h3 + h4) | 0
  return [h1 >>> 0, (h2 + h1) >>> 0, (h3 + h1) >>> 0, (h4 + h1) >>> 0]
}

function scramble1(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0x239b961b), 15), 0xab0e9789)
}

function scramble2(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0xab0e9789), 16), 0x38b34ae5)
}

function scramble3(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0x38b34ae5), 17), 0xa1e38b93)
}

function scramble4(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0xa1e38b93), 18), 0x239b961b)
}

function finalize(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

/** Little-endian. */
function wordAt(bytes: string, index: number): number {
  return (
    bytes.charCodeAt(index) |
    (bytes.charCodeAt(index + 1) << 8) |
    (bytes.charCodeAt(index + 2) << 16) |
    (bytes.charCodeAt(index + 3) << 24)
  )
}

/** As {@link wordAt}, with zeros behind the end; a word of zeros scrambles to zero, so an absent one changes nothing. */
function tailWordAt(bytes: string, index: number): number {
  let word = 0
  for (let i = Math.min(index + 3, bytes.length - 1); i >= index; i--) word = (word << 8) | bytes.charCodeAt(i)
  return word
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 127) return false
  }
  return true
}

function utf8ByteString(text: string): string {
  return Array.from(encoder.encode(text), (byte) => String.fromCharCode(byte)).join('')
}
