/**
 * The wire between the Worker and the egress: a ticket goes out in one request body, its answers come back as lines.
 * Types and pure encoding, no I/O, no decision about deliveries. Reading, which trusts nothing, is egress-ticket.ts for
 * the ticket and egress-answers.ts for the answers.
 *
 * The request body is a head and its blobs: four bytes with the length of the head (big-endian), the head as JSON
 * ({@link TicketHead}), then the binary bodies one after another. What a ticket's requests have in common travels
 * once: origins, shared headers (by identity), equal bodies, and the text that all text bodies begin and end with
 * (an FCM message differs from the next one only in the device token).
 *
 * The response body is a stream of JSON lines ({@link AnswerLine}). An empty line means only "still here".
 */
import { commonEnds } from './common-ends.ts'
import type { NoAnswerReason, PushRequest } from './outcome.ts'

/** Where tickets are posted, below the egress's base URL. */
export const DELIVER_PATH = '/v1/deliver'

/** Answers 204 when a ticket would be taken now: asked first, so that an egress that is gone has certainly sent nothing. */
export const READY_PATH = '/v1/ready'

/** Header of every answer by which the egress itself declines a ticket without having touched it. */
export const REFUSED_HEADER = 'fanfare-refused'

/**
 * Names the pool of the ticket, percent-encoded, on both calls: whoever stands in front of several egresses has to let
 * the question and the ticket reach the same one, and does well to keep a pool where its connections are.
 */
export const POOL_HEADER = 'fanfare-pool'

/** Changes when either end could misread the other; the egress refuses what it does not know. */
export const WIRE_VERSION = 1

/** Most requests in one ticket: twice what the ledger cuts. */
export const MAX_TICKET_REQUESTS = 1000

/**
 * Longest line of answers: the egress begins a new one long before, and the Worker reads no further in one that is
 * longer. Six lines of this length are a small part of the 128 MiB that an isolate has.
 */
export const MAX_LINE_CHARS = 1024 * 1024

/** How often the egress says "still here" while a ticket is on its way. */
export const HEARTBEAT_MS = 5_000

/** JSON at the start of the request body. */
export interface TicketHead {
  readonly version: number
  /** Requests of different pools never share a connection. */
  readonly pool: string
  /**
   * A later one than the egress has seen of this pool says that the pool's connections have fallen into disrepute:
   * nothing new goes over those that are open now. Absent: 0.
   */
  readonly generation?: number
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

/**
 * @param pool names the connections to use: one name per push-service credential, because Apple binds a connection to
 *   the team of its first push
 * @param generation see {@link TicketHead}
 */
export function encodeTicket(pool: string, requests: readonly PushRequest[], generation = 0): Uint8Array<ArrayBuffer> {
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
    generation,
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

export function encodeAnswers(line: AnswerLine): string {
  return `${JSON.stringify(line)}\n`
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

/** Of the field that says how long the head is. */
export const LENGTH_BYTES = 4

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
