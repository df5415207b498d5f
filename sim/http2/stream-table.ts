/**
 * The streams of one connection: which are open, which ids are still to come, and which a GOAWAY gave up. Decides,
 * sends nothing.
 */
import { ConnectionError, PROTOCOL_ERROR } from './frames.ts'
import type { Http2Stream } from './stream.ts'

/** What Google's front end announces. Streams above it are refused. */
export const MAX_CONCURRENT_STREAMS = 100

/** What becomes of a request that begins: it is served, told to come again, or not even looked at. */
export type Admission = 'serve' | 'refuse' | 'ignore'

export class StreamTable {
  /** Requests that have come or are coming, and are not answered. */
  readonly #open = new Map<number, Http2Stream>()
  #lastId = 0
  /** The last id that a GOAWAY promised to serve; null before any. */
  #lastServedId: number | null = null

  /** The highest id that the peer has used. */
  get lastId(): number {
    return this.#lastId
  }

  /** After a GOAWAY, when nothing is left to be answered. */
  get isDone(): boolean {
    return this.#lastServedId !== null && this.#open.size === 0
  }

  find(id: number): Http2Stream | undefined {
    return this.#open.get(id)
  }

  openStreams(): Iterable<Http2Stream> {
    return this.#open.values()
  }

  /**
   * Decides about HEADERS on a stream that is not open.
   *
   * @throws ConnectionError PROTOCOL_ERROR for an id that a client may not use (RFC 9113 §5.1.1)
   */
  admit(id: number): Admission {
    if (id % 2 === 0) throw new ConnectionError(PROTOCOL_ERROR, `a request on stream ${id}`)
    const isClosed = id <= this.#lastId
    this.#lastId = Math.max(this.#lastId, id)
    if (isClosed || (this.#lastServedId !== null && id > this.#lastServedId)) return 'ignore'
    return this.#open.size >= MAX_CONCURRENT_STREAMS ? 'refuse' : 'serve'
  }

  add(stream: Http2Stream): void {
    this.#open.set(stream.id, stream)
  }

  delete(id: number): void {
    this.#open.delete(id)
  }

  /** Gives up a stream and all above it. Returns the last id that is still served, for the GOAWAY (RFC 9113 §6.8). */
  giveUpFrom(id: number): number {
    const lastServedId = Math.min(this.#lastServedId ?? this.#lastId, Math.max(0, id - 2))
    this.#lastServedId = lastServedId
    for (const openId of this.#open.keys()) {
      if (openId > lastServedId) this.#open.delete(openId)
    }
    return lastServedId
  }

  clear(): void {
    this.#open.clear()
  }
}
