/**
 * HPACK encoding (RFC 7541) without a dynamic table: what is encoded once is right on every connection for ever, so
 * the header blocks of usual answers are made once and kept.
 */
import { Buffer } from 'node:buffer'
import hpack from 'hpack.js'
import type { Headers } from '../exchange.ts'

/** Static index of a whole field, by `name: value`, and of a name alone. */
const FIELD_INDEX = new Map<string, number>()
const NAME_INDEX = new Map<string, number>()
for (const [position, { name, value }] of hpack['static-table'].table.entries()) {
  FIELD_INDEX.set(`${name}: ${value}`, position + 1)
  if (!NAME_INDEX.has(name)) NAME_INDEX.set(name, position + 1)
}

const blocks = new WeakMap<Headers, Map<number, Buffer>>()

/** The header block of an answer; kept for the life of the headers object. */
export function encodeAnswerHead(status: number, headers: Headers): Buffer {
  let byStatus = blocks.get(headers)
  if (byStatus === undefined) {
    byStatus = new Map()
    blocks.set(headers, byStatus)
  }
  let block = byStatus.get(status)
  if (block === undefined) {
    block = encodeHeaders([[':status', String(status)], ...Object.entries(headers)])
    byStatus.set(status, block)
  }
  return block
}

/** Encodes fields in order: indexed where the static table has them whole, else as literals without indexing. */
export function encodeHeaders(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(fields.map(([name, value]) => encodeField(name, value)))
}

function encodeField(name: string, value: string): Buffer {
  const whole = FIELD_INDEX.get(`${name}: ${value}`)
  if (whole !== undefined) return encodeInteger(whole, 7, 0x80)
  const index = NAME_INDEX.get(name)
  const head = index === undefined ? [Buffer.from([0]), encodeString(name)] : [encodeInteger(index, 4, 0)]
  return Buffer.concat([...head, encodeString(value)])
}

/** RFC 7541 §5.1. */
function encodeInteger(value: number, prefixBits: number, pattern: number): Buffer {
  const max = (1 << prefixBits) - 1
  if (value < max) return Buffer.from([pattern | value])
  const bytes = [pattern | max]
  let rest = value - max
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}

function encodeString(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  return Buffer.concat([encodeInteger(bytes.length, 7, 0), bytes])
}
