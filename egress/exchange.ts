/**
 * What travels through the egress: one request of a ticket, and what takes it. Types only.
 */
import type { Answer } from '../push/outcome.ts'
import type { HeaderList } from './http2/header-encoder.ts'

export interface Exchange {
  /** What it came with: those of one ticket wait in one line. */
  readonly ticket: object
  /** Path and query. */
  readonly path: string
  /** The same list for all exchanges that share it. */
  readonly sharedHeaders: HeaderList
  readonly ownHeaders: Readonly<Record<string, string>> | null
  readonly body: string | Uint8Array
  /** Milliseconds of {@link performance.now}: since when it waits for its turn. */
  readonly queuedAt: number
  /**
   * Asked when its turn has come. `later`: whoever reads the answers is behind, and the exchange has been put aside
   * until it has caught up. `never`: nobody listens any more.
   */
  askLeave(): 'now' | 'later' | 'never'
  /** Called exactly once for an exchange that was started or given up. */
  answer(answer: Answer): void
}

/** A connection, or a bounded number of them, to one origin. Answers every exchange that it has started. */
export interface Carrier {
  /** How many more exchanges may be started now. */
  readonly room: number
  /** Exchanges that were started and are not answered. */
  readonly underWay: number
  /** Open connections: HTTP/2 needs one. */
  readonly connections: number
  start(exchange: Exchange, now: number): void
  /** Called at even intervals: gives up what is over its deadline, sees whether the peer is still there. */
  sweep(now: number): void
  /** Milliseconds of performance.now: since when nothing is under way, or null. */
  readonly idleSince: number | null
  /** Takes nothing new; ends when everything under way is answered. */
  close(): void
  /** Ends now; what is under way is lost. */
  destroy(): void
}

/** What a carrier tells its owner. */
export interface CarrierOwner {
  /** There may be room again. */
  onRoom(): void
  /** It takes nothing new for good. `worked`: it has brought at least one answer. */
  onLeaving(carrier: Carrier, worked: boolean): void
  /** The peer announced that it will end the connection. */
  onGoaway(): void
  /** It is gone, and all it had started is answered. */
  onEnd(carrier: Carrier): void
}

/** How long to wait for what, in milliseconds. */
export interface Patience {
  /** For a connection: TCP, TLS and the peer's first words. */
  readonly connectMs: number
  /** For the answer to a request that was started. */
  readonly answerMs: number
  /** For a request's turn on the connections there are: after that one more is opened. */
  readonly crowdedMs: number
  /** For a request's turn: after that it is given back unsent, while its ticket is still leased. */
  readonly queueMs: number
  /** A connection that was silent for so long is asked for a sign of life: with requests under way, and without. */
  readonly pingBusyMs: number
  readonly pingIdleMs: number
  /** For the sign of life. */
  readonly pongMs: number
  /** For work: a connection that was opened for a crowd goes when it is over, the last one is kept, as Apple asks. */
  readonly spareIdleMs: number
  readonly lastIdleMs: number
}
