/**
 * The little of DER (X.690) that an X.509 certificate needs, as functions from values to bytes. Writes only.
 */
import { Buffer } from 'node:buffer'

/** One element: tag, length, content. */
function element(tag: number, ...contents: Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content])
}

/** X.690 §8.1.3: short form below 128, else the number of length bytes and the length. */
function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff)
  return Buffer.from([0x80 | bytes.length, ...bytes])
}

export function sequence(...items: Uint8Array[]): Buffer {
  return element(0x30, ...items)
}

export function set(...items: Uint8Array[]): Buffer {
  return element(0x31, ...items)
}

export function boolean(value: boolean): Buffer {
  return element(0x01, Buffer.from([value ? 0xff : 0x00]))
}

/** A non-negative integer given as big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1
  const trimmed = bytes.subarray(start)
  const sign = trimmed[0]! >= 0x80 ? [0] : []
  return element(0x02, Buffer.from(sign), trimmed)
}

/** A whole number of bytes. */
export function bitString(bytes: Uint8Array): Buffer {
  return element(0x03, Buffer.from([0]), bytes)
}

/** Named bits (X.690 §11.2.2): positions count from the highest bit of the first byte; trailing zeros are cut. */
export function namedBits(...positions: number[]): Buffer {
  const highest = Math.max(...positions)
  const bytes = Buffer.alloc((highest >> 3) + 1)
  for (const position of positions) bytes[position >> 3]! |= 0x80 >> (position & 7)
  return element(0x03, Buffer.from([7 - (highest & 7)]), bytes)
}

export function octetString(bytes: Uint8Array): Buffer {
  return element(0x04, bytes)
}

/** An object identifier in dotted form. */
export function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number)
  const bytes = [first! * 40 + second!]
  for (const arc of rest) {
    const groups = [arc & 0x7f]
    for (let high = arc >>> 7; high > 0; high >>>= 7) groups.unshift((high & 0x7f) | 0x80)
    bytes.push(...groups)
  }
  return element(0x06, Buffer.from(bytes))
}

export function utf8String(text: string): Buffer {
  return element(0x0c, Buffer.from(text, 'utf8'))
}

/** UTCTime in seconds, which RFC 5280 §4.1.2.5 asks for until 2049. */
export function utcTime(epochMs: number): Buffer {
  const text = `${new Date(epochMs).toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`
  return element(0x17, Buffer.from(text, 'ascii'))
}

/** `[n] EXPLICIT`: the value keeps its own tag inside. */
export function explicit(n: number, value: Uint8Array): Buffer {
  return element(0xa0 | n, value)
}

/** `[n] IMPLICIT` of a primitive type: the bytes take this tag instead of their own. */
export function implicit(n: number, bytes: Uint8Array): Buffer {
  return element(0x80 | n, bytes)
}
