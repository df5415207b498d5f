/**
 * Reading a ticket that came over the wire (egress-wire.ts): nothing in it is trusted, and what is read can be put on
 * the next wire as it is. Pure.
 */
import { LENGTH_BYTES, MAX_TICKET_REQUESTS, type TicketHead, WIRE_VERSION } from './egress-wire.ts'

export interface WireTicket {
  readonly pool: string
  /** See {@link TicketHead}. */
  readonly generation: number
  readonly requests: readonly WireRequest[]
  /** About what the ticket occupies once it is unpacked. */
  readonly heldBytes: number
}

/** One request of a ticket. */
export interface WireRequest {
  /** `https://host[:port]`: whether it is one, and may be reached, is still to be checked. */
  readonly origin: string
  /** Path and query. */
  readonly path: string
  /** The same object for all requests that share it. */
  readonly sharedHeaders: Readonly<Record<string, string>>
  readonly ownHeaders: Readonly<Record<string, string>> | null
  readonly body: string | Uint8Array
}

/** Thrown for bytes that are no ticket. The message says what is wrong with them. */
export class MalformedTicket extends Error {
  override readonly name = 'MalformedTicket'
}

/** What may stand in a request line (RFC 9112 section 3): no space, no control character. */
const PATH = /^\/[\x21-\x7e]{0,4095}$/
/** Header names as HTTP/2 wants them; values that cannot end a header (RFC 9110 section 5.5). */
const HEADER_NAME = /^[a-z0-9-]+$/
const HEADER_VALUE = /^[\t\x20-\x7e]*$/
/** Shared and own headers each: with the path they fit one HTTP/2 frame, whatever they are made of. */
const MAX_HEADERS_BYTES = 6 * 1024
/** A body: no push service takes a tenth of it. Bounds what a short ticket unpacks to. */
const MAX_BODY_CHARS = 64 * 1024
/** What keeping a request costs beside its text. Rounded up. */
const REQUEST_OVERHEAD_BYTES = 512
/** How RFC 9113 section 6.5.2 counts a header: its text, and this. */
const HEADER_OVERHEAD_BYTES = 32

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/** @throws {MalformedTicket} */
export function decodeTicket(bytes: Uint8Array): WireTicket {
  const { head, blobsAt } = decodeHead(bytes)
  const bodies = decodeBodies(head, bytes, blobsAt)
  for (const origin of head.origins) insist(typeof origin === 'string', 'an origin is no text')
  for (const headers of head.sharedHeaders) checkHeaders(headers)
  const requests = head.requests.map((row, index): WireRequest => {
    insist(Array.isArray(row), 'a request is no list')
    const [origin, path, shared, own, body] = row
    insist(typeof path === 'string' && PATH.test(path), 'a request has no path that can be sent')
    if (own !== 0) checkHeaders(own)
    return {
      origin: named(head.origins, origin, 'origin', index),
      path,
      sharedHeaders: named(head.sharedHeaders, shared, 'set of headers', index),
      ownHeaders: own === 0 ? null : own,
      body: named(bodies, body, 'body', index),
    }
  })
  const { pool, generation = 0 } = head
  return { pool, generation, requests, heldBytes: Math.max(bytes.byteLength, unpackedBytes(head, bodies)) }
}

function unpackedBytes({ requests }: TicketHead, bodies: readonly (string | Uint8Array)[]): number {
  const rows = requests.reduce((sum, [, path]) => sum + path.length + REQUEST_OVERHEAD_BYTES, 0)
  return bodies.reduce((sum, body) => sum + body.length, rows)
}

function decodeHead(bytes: Uint8Array): { head: TicketHead; blobsAt: number } {
  insist(bytes.byteLength >= LENGTH_BYTES, 'shorter than its length field')
  const headBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  const blobsAt = LENGTH_BYTES + headBytes
  insist(blobsAt <= bytes.byteLength, `head of ${headBytes} bytes is cut short`)
  const head = parseHead(bytes.subarray(LENGTH_BYTES, blobsAt))
  insist(head?.version === WIRE_VERSION, `version ${head?.version} of the wire; this end speaks ${WIRE_VERSION}`)
  const lists = [head.origins, head.sharedHeaders, head.bodies, head.requests]
  const texts = [head.pool, head.textStart, head.textEnd]
  insist(lists.every(Array.isArray) && texts.every((text) => typeof text === 'string'), 'head lacks a member')
  insist(Number.isFinite(head.generation ?? 0), 'a generation that is no number')
  const longest = Math.max(...lists.map((list) => list.length))
  insist(longest <= MAX_TICKET_REQUESTS, `a list of ${longest}; at most ${MAX_TICKET_REQUESTS}`)
  return { head, blobsAt }
}

function parseHead(json: Uint8Array): TicketHead {
  try {
    return JSON.parse(decoder.decode(json))
  } catch (error) {
    throw new MalformedTicket(`head is no JSON: ${error instanceof Error ? error.message : error}`)
  }
}

function decodeBodies(head: TicketHead, bytes: Uint8Array, blobsAt: number): (string | Uint8Array)[] {
  let at = blobsAt
  const bodies = head.bodies.map((body) => {
    if (typeof body === 'string') {
      insist(head.textStart.length + body.length + head.textEnd.length <= MAX_BODY_CHARS, 'a body is too long')
      return head.textStart + body + head.textEnd
    }
    insist(Number.isInteger(body) && body >= 0, 'a body is neither text nor a length')
    at += body
    return bytes.subarray(at - body, at)
  })
  insist(at === bytes.byteLength, `blobs end at ${at}, the ticket at ${bytes.byteLength}`)
  return bodies
}

function checkHeaders(headers: Readonly<Record<string, string>>): void {
  insist(typeof headers === 'object' && headers !== null, 'headers are no object')
  let bytes = 0
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string' || !HEADER_NAME.test(name) || !HEADER_VALUE.test(value)) {
      throw new MalformedTicket(`header ${JSON.stringify(name)} cannot be sent`)
    }
    bytes += name.length + value.length + HEADER_OVERHEAD_BYTES
  }
  insist(bytes <= MAX_HEADERS_BYTES, `headers of ${bytes} bytes; at most ${MAX_HEADERS_BYTES}`)
}

function named<T>(list: readonly T[], position: number, what: string, index: number): T {
  const item = list[position]
  if (item === undefined) throw new MalformedTicket(`request ${index} names a missing ${what}`)
  return item
}

function insist(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new MalformedTicket(otherwise)
}
