/**
 * One HTTP request that a simulator answers or leaves unanswered, in whichever version of HTTP it came. Types only:
 * http1.ts and http2/ make exchanges, the simulators consume them.
 */
import type { Buffer } from 'node:buffer'

/** Lower-case names. Encoders cache by identity, so a headers object is never changed once it was used. */
export type Headers = Readonly<Record<string, string>>

export interface Exchange {
  readonly method: string
  /** With its query, as it was sent. */
  readonly path: string
  readonly headers: Headers
  readonly body: Buffer
  /** Answers; `content-length` is added where the version needs it. Does nothing once the peer has gone. */
  answer(status: number, headers: Headers, body: string | Buffer): void
  /** Cuts the connection without an answer. */
  cut(): void
  /**
   * Ends the connection in order: over HTTP/2 with a GOAWAY that does not cover this request, over HTTP/1.1, which
   * has no such word, by closing without an answer.
   *
   * @param reason goes into the GOAWAY's debug data
   */
  goAway(reason?: string): void
}

export type ExchangeHandler = (exchange: Exchange) => void
