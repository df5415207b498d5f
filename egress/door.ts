/**
 * Who may hand in tickets, how many at once, how large. Whatever is refused has not been touched, and the refusal says
 * so: the Worker may then count on nothing having been sent.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Tickets under way at once: with the length of a ticket it bounds what the egress holds in memory. */
const MAX_TICKETS = 64
/** 1,000 requests with bodies of 4 KiB that have nothing in common, their addresses and own headers. */
const MAX_TICKET_BYTES = 6 * 1024 * 1024

/** What a Worker that was turned away may wait: a ticket is under way for about that long. */
export const RETRY_AFTER_SECONDS = '1'

/** Why a request is not taken: the status, and for the reader of the Worker's log what to do. */
export interface Refusal {
  readonly status: 400 | 401 | 404 | 411 | 413 | 429 | 503
  readonly code: string
  readonly detail: string
}

export const NOT_FOUND: Refusal = { status: 404, code: 'not_found', detail: 'There is nothing here.' }

const UNAUTHORIZED: Refusal = {
  status: 401,
  code: 'unauthorized',
  detail: 'The bearer is not the EGRESS_KEY that this egress was started with.',
}
const ENDING: Refusal = { status: 503, code: 'ending', detail: 'This egress is about to end and takes nothing new.' }
const FULL: Refusal = { status: 429, code: 'full', detail: 'As many tickets as this egress holds are under way.' }

export function tooLarge(maxBytes: number): Refusal {
  return { status: 413, code: 'too_large', detail: `The ticket is longer than ${maxBytes} bytes.` }
}

export class Door {
  readonly maxTicketBytes: number
  readonly #keyDigest: Buffer
  readonly #maxTickets: number
  #inside = 0
  #isClosed = false

  constructor(key: string, maxTickets = MAX_TICKETS, maxTicketBytes = MAX_TICKET_BYTES) {
    if (key === '') throw new TypeError('an egress without a key would send for anybody')
    this.#keyDigest = digestOf(key)
    this.#maxTickets = maxTickets
    this.maxTicketBytes = maxTicketBytes
  }

  /** Tickets under way. */
  get inside(): number {
    return this.#inside
  }

  /** Why this request is not let in; null: it is. */
  check({ headers }: IncomingMessage): Refusal | null {
    const [scheme, key = ''] = (headers.authorization ?? '').split(' ')
    if (scheme?.toLowerCase() !== 'bearer' || !timingSafeEqual(digestOf(key), this.#keyDigest)) return UNAUTHORIZED
    if (this.#isClosed) return ENDING
    if (this.#inside >= this.#maxTickets) return FULL
    return Number(headers['content-length'] ?? 0) > this.maxTicketBytes ? tooLarge(this.maxTicketBytes) : null
  }

  /** @returns what to call when the ticket has left */
  letIn(): () => void {
    this.#inside++
    return () => {
      this.#inside--
    }
  }

  close(): void {
    this.#isClosed = true
  }
}

/** Digests are equally long, so comparing them takes the same time whatever a stranger sends. */
function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
