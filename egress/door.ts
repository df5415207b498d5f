/**
 * Who may hand in tickets, how many at once, how large. Whatever is refused has not been touched, and the refusal says
 * so: the Worker may then count on nothing having been sent.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { HeldBytes } from './held-bytes.ts'

/** Tickets under way at once: about ten consumers' worth. More would only wait for the same connections. */
export const DEFAULT_MAX_TICKETS = 64
/** Tickets and answers in memory: 60 tickets of the longest payloads. The process stays under 600 MiB with it. */
export const DEFAULT_MAX_HELD_BYTES = 128 * 1024 * 1024
/** 1,000 requests with bodies of 4 KiB that have nothing in common, their addresses and own headers. */
const MAX_TICKET_BYTES = 6 * 1024 * 1024

/** What a Worker that was turned away may wait: a ticket is under way for about that long. */
export const RETRY_AFTER_SECONDS = '1'

/** Why a request is not taken: the status, and for the reader of the Worker's log what to do. */
export interface Refusal {
  readonly status: 400 | 401 | 404 | 413 | 503
  readonly code: string
  readonly detail: string
}

export const NOT_FOUND: Refusal = { status: 404, code: 'not_found', detail: 'There is nothing here.' }
export const FULL: Refusal = { status: 503, code: 'full', detail: 'This egress holds as much as it may.' }

const UNAUTHORIZED: Refusal = {
  status: 401,
  code: 'unauthorized',
  detail: 'The bearer is not the EGRESS_KEY that this egress was started with.',
}
const ENDING: Refusal = { status: 503, code: 'ending', detail: 'This egress is about to end and takes nothing new.' }

export function tooLarge(maxBytes: number): Refusal {
  return { status: 413, code: 'too_large', detail: `The ticket is longer than ${maxBytes} bytes.` }
}

export interface Limits {
  /** Tickets under way at once. */
  readonly maxTickets?: number
  /** Longest body of one. */
  readonly maxTicketBytes?: number
  /** Bytes of all tickets and of their unread answers together. */
  readonly maxHeldBytes?: number
}

export class Door {
  readonly maxTicketBytes: number
  readonly held: HeldBytes
  readonly #keyDigest: Buffer
  readonly #maxTickets: number
  #inside = 0
  #isClosed = false

  constructor(key: string, limits: Limits = {}) {
    if (key === '') throw new TypeError('an egress without a key would send for anybody')
    this.#keyDigest = digestOf(key)
    this.#maxTickets = limits.maxTickets ?? DEFAULT_MAX_TICKETS
    this.maxTicketBytes = limits.maxTicketBytes ?? MAX_TICKET_BYTES
    this.held = new HeldBytes(limits.maxHeldBytes ?? DEFAULT_MAX_HELD_BYTES)
  }

  /** Tickets under way. */
  get inside(): number {
    return this.#inside
  }

  /** Why this stranger learns nothing; null: it has the key. */
  checkKey({ headers }: IncomingMessage): Refusal | null {
    const [scheme, key = ''] = (headers.authorization ?? '').split(' ')
    const isKnown = scheme?.toLowerCase() === 'bearer' && timingSafeEqual(digestOf(key), this.#keyDigest)
    return isKnown ? null : UNAUTHORIZED
  }

  /** Why a ticket is not let in; null: it is. */
  checkRoom(request: IncomingMessage): Refusal | null {
    const bytes = this.declaredBytes(request)
    if (this.#isClosed) return ENDING
    if (bytes > this.maxTicketBytes) return tooLarge(this.maxTicketBytes)
    return this.#inside >= this.#maxTickets || !this.held.hasRoomFor(bytes) ? FULL : null
  }

  /** What a request brings: as it says, or the most it may if it does not say. */
  declaredBytes({ method, headers }: IncomingMessage): number {
    const declared = headers['content-length']
    if (declared !== undefined) return Number(declared)
    return method === 'GET' ? 0 : this.maxTicketBytes
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
