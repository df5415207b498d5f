/**
 * The wire between the Worker and the egress: a ticket goes out in one request body, its answers come back as lines.
 * Types and pure encoding and decoding, used by both ends; no I/O, no decision about deliveries.
 *
 * The request body is a head and its blobs: four bytes with the length of the head (big-endian), the head as JSON
 * ({@link TicketHead}), then the binary bodies one after another. What a ticket's requests have in common travels
 * once: origins, shared headers (by identity), equal bodies, and the text that all text bodies begin and end with
 * (an FCM message differs from the next one only in the device token).
 *
 * The response body is a stream of JSON lines ({@link AnswerLine}). An empty line means only "still here".
 */
import { commonEnds } from './common-ends.ts'
import type { Answer, NoAnswerReason, PushRequest } from './outcome.ts'

/** Where tickets are posted, below the egress's base URL. */
export const DELIVER_PATH = '/v1/deliver'

/** Answers 204 when a ticket would be taken now: asked first, so that an egress that is gone has certainly sent nothing. */
export const READY_PATH = '/v1/ready'

/** Header of every answer by which the egress itself declines a ticket without having touched it. */
export const REFUSED_HEADER = 'fanfare-refused'

/** Changes when either end could misread the other; the egress refuses what it does not know. */
export const WIRE_VERSION = 1

/** Most requests in one ticket: twice what the ledger cuts. */
export const MAX_TICKET_REQUESTS = 1000

/** How often the egress says "still here" while a ticket is on its way. */
export const HEARTBEAT_MS = 5_000

/** JSON at the start of the request body. */
interface TicketHead {
  readonly version: number
  /** Requests of different pools never share a connection. */
  readonly pool: string
  /** `https://host[:port]` */
  readonly origins: readonly string[]
  readonly sharedHeaders: readonly Readonly<Record<string, string>>[]
  /** What every text body begins and ends with. */
  readonly textStart: string
  readonly textEnd: string
  /** A text body without its start and end, or the number of bytes it has among the blobs. */
  readonly bodies: readonly (string | number)[]
  /** Origin, path, shared headers, own headers, body: numbers are positions in the lists above. */
  readonly requests: readonly (readonly [number, string, number, Readonly<Record<string, string>> | 0, number])[]
}

/** One request of a decoded ticket. */
export interface WireRequest {
  /** `https://host[:port]` */
  readonly origin: string
  /** Path and query. */
  readonly path: string
  /** The same object for all requests that share it. */
  readonly sharedHeaders: Readonly<Record<string, string>>
  readonly ownHeaders: Readonly<Record<string, string>> | null
  readonly body: string | Uint8Array
}

export interface WireTicket {
  readonly pool: string
  readonly requests: readonly WireRequest[]
}

/** Thrown for bytes that are no ticket. The message says what is wrong with them. */
export class MalformedTicket extends Error {
  override readonly name = 'MalformedTicket'
}

/** A line of answers. Positions are those of the ticket's requests. */
export interface AnswerLine {
  /** 2xx: the status, and who got it. */
  readonly accepted?: readonly (readonly [status: number, indexes: readonly number[]])[]
  /** Any other status, with what a provider reads of it. */
  readonly responses?: readonly (readonly [
    index: number,
    status: number,
    headers: Readonly<Record<string, string>>,
    body: string,
  ])[]
  readonly unanswered?: readonly (readonly [index: number, sent: 'no' | 'maybe', reason: NoAnswerReason])[]
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/**
 * @param pool names the connections to use: one name per push-service credential, because Apple binds a connection to
 *   the team of its first push
 */
export function encodeTicket(pool: string, requests: readonly PushRequest[]): Uint8Array<ArrayBuffer> {
  const origins = new Positions<string>()
  const sharedHeaders = new Positions<Readonly<Record<string, string>>>()
  const bodies = new Positions<string | Uint8Array>()
  const rows: TicketHead['requests'][number][] = []
  for (const request of requests) {
    const pathAt = endOfOrigin(request.url)
    rows.push([
      origins.of(request.url.slice(0, pathAt)),
      request.url.slice(pathAt) || '/',
      sharedHeaders.of(request.sharedHeaders),
      request.ownHeaders ?? 0,
      bodies.ofNeighbour(request.body),
    ])
  }
  const texts = bodies.list.filter((body) => typeof body === 'string')
  const { start: textStart, end: textEnd } = commonEnds(texts)
  const head: TicketHead = {
    version: WIRE_VERSION,
    pool,
    origins: origins.list,
    sharedHeaders: sharedHeaders.list,
    textStart,
    textEnd,
    bodies: bodies.list.map((body) =>
      typeof body === 'string' ? body.slice(textStart.length, body.length - textEnd.length) : body.byteLength,
    ),
    requests: rows,
  }
  return join(
    encoder.encode(JSON.stringify(head)),
    bodies.list.filter((body) => typeof body !== 'string'),
  )
}

/** @throws {MalformedTicket} */
export function decodeTicket(bytes: Uint8Array): WireTicket {
  const { head, blobsAt } = decodeHead(bytes)
  const bodies = decodeBodies(head, bytes, blobsAt)
  const requests = head.requests.map((row, index): WireRequest => {
    const [origin, path, shared, own, body] = row
    if (typeof path !== 'string' || !PATH.test(path)) throw new MalformedTicket(`request ${index} has no path`)
    return {
      origin: named(head.origins, origin, 'origin', index),
      path,
      sharedHeaders: named(head.sharedHeaders, shared, 'set of headers', index),
      ownHeaders: own === 0 ? null : checkHeaders(own),
      body: named(bodies, body, 'body', index),
    }
  })
  return { pool: head.pool, requests }
}

export function encodeAnswers(line: AnswerLine): string {
  return `${JSON.stringify(line)}\n`
}

/**
 * Reads one line and hands out its answers.
 *
 * @param line without its line feed
 * @throws {SyntaxError} when the line is no JSON
 */
export function decodeAnswers(line: string, onAnswer: (index: number, answer: Answer) => void): void {
  if (line === '') return
  const { accepted = [], responses = [], unanswered = [] } = JSON.parse(line) as AnswerLine
  for (const [status, indexes] of accepted) {
    const answer: Answer = { kind: 'response', status, headers: {}, body: '' }
    for (const index of indexes) onAnswer(index, answer)
  }
  for (const [index, status, headers, body] of responses) onAnswer(index, { kind: 'response', status, headers, body })
  for (const [index, sent, reason] of unanswered) onAnswer(index, { kind: 'no_answer', sent, reason })
}

/** Gives equal things one position each. */
class Positions<T> {
  readonly list: T[] = []
  readonly #positions = new Map<T, number>()

  of(item: T): number {
    const known = this.#positions.get(item)
    if (known !== undefined) return known
    this.#positions.set(item, this.list.length)
    return this.list.push(item) - 1
  }

  /** Looks only at the item before: bodies are long, and hashing them all costs more than it finds. */
  ofNeighbour(item: T): number {
    return this.list.length > 0 && this.list.at(-1) === item ? this.list.length - 1 : this.list.push(item) - 1
  }
}

function endOfOrigin(url: string): number {
  const hostAt = url.indexOf('://') + 3
  const pathAt = url.indexOf('/', hostAt)
  return pathAt === -1 ? url.length : pathAt
}

const LENGTH_BYTES = 4

function join(head: Uint8Array, blobs: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const blobBytes = blobs.reduce((sum, blob) => sum + blob.byteLength, 0)
  const whole = new Uint8Array(LENGTH_BYTES + head.byteLength + blobBytes)
  new DataView(whole.buffer).setUint32(0, head.byteLength)
  whole.set(head, LENGTH_BYTES)
  let at = LENGTH_BYTES + head.byteLength
  for (const blob of blobs) {
    whole.set(blob, at)
    at += blob.byteLength
  }
  return whole
}

function decodeHead(bytes: Uint8Array): { head: TicketHead; blobsAt: number } {
  if (bytes.byteLength < LENGTH_BYTES) throw new MalformedTicket('shorter than its length field')
  const headBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  const blobsAt = LENGTH_BYTES + headBytes
  if (blobsAt > bytes.byteLength) throw new MalformedTicket(`head of ${headBytes} bytes is cut short`)
  let head: TicketHead
  try {
    head = JSON.parse(decoder.decode(bytes.subarray(LENGTH_BYTES, blobsAt)))
  } catch (error) {
    throw new MalformedTicket(`head is no JSON: ${error instanceof Error ? error.message : error}`)
  }
  if (head?.version !== WIRE_VERSION) {
    throw new MalformedTicket(`version ${head?.version} of the wire; this end speaks ${WIRE_VERSION}`)
  }
  const lists = [head.origins, head.sharedHeaders, head.bodies, head.requests]
  if (typeof head.pool !== 'string' || !lists.every(Array.isArray)) throw new MalformedTicket('head lacks a member')
  for (const headers of head.sharedHeaders) checkHeaders(headers)
  if (head.requests.length > MAX_TICKET_REQUESTS) {
    throw new MalformedTicket(`${head.requests.length} requests; at most ${MAX_TICKET_REQUESTS}`)
  }
  return { head, blobsAt }
}

function decodeBodies(head: TicketHead, bytes: Uint8Array, blobsAt: number): (string | Uint8Array)[] {
  let at = blobsAt
  const bodies = head.bodies.map((body) => {
    if (typeof body !== 'string' && !(body >= 0)) throw new MalformedTicket('a body has no length')
    if (typeof body === 'string') return head.textStart + body + head.textEnd
    at += body
    return bytes.subarray(at - body, at)
  })
  if (at !== bytes.byteLength) throw new MalformedTicket(`blobs end at ${at}, the body at ${bytes.byteLength}`)
  return bodies
}

function named<T>(list: readonly T[], position: number, what: string, index: number): T {
  const item = list[position]
  if (item === undefined) throw new MalformedTicket(`request ${index} names a missing ${what}`)
  return item
}

/** What may stand in a request line (RFC 9112 section 3): no space, no control character. */
const PATH = /^\/[\x21-\x7e]{0,4095}$/
/** Header values must not be able to end a header: RFC 9110 section 5.5. */
/** Shared and own headers each: with the path they fit one HTTP/2 frame, whatever they are made of. */
const MAX_HEADERS_BYTES = 6 * 1024
/** RFC 9113 section 6.5.2 counts a header so. */
const HEADER_OVERHEAD_BYTES = 32
const HEADER_NAME = /^[a-z0-9-]+$/
const HEADER_VALUE = /^[\t\x20-\x7e]*$/

function checkHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  let bytes = 0
  for (const name in headers) {
    const value: unknown = headers[name]
    if (typeof value !== 'string' || !HEADER_NAME.test(name) || !HEADER_VALUE.test(value)) {
      throw new MalformedTicket(`header ${JSON.stringify(name)} cannot be sent`)
    }
    bytes += name.length + value.length + HEADER_OVERHEAD_BYTES
  }
  if (bytes > MAX_HEADERS_BYTES) throw new MalformedTicket(`headers of ${bytes} bytes; at most ${MAX_HEADERS_BYTES}`)
  return headers
}
