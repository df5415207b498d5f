/**
 * One HTTP/2 stream as a simulator sees it: a request that has come in whole, and the means to answer it.
 * The states are in connection.ts.
 */
import { Buffer } from 'node:buffer'
import type { Exchange, Headers } from '../exchange.ts'
import type { SendStream } from './send-flow.ts'

/** What a stream asks of its connection. */
export interface StreamHost {
  answer(stream: Http2Stream, status: number, headers: Headers, body: Buffer): void
  cut(): void
  goAwayBefore(stream: Http2Stream, reason: string): void
}

const NO_BODY = Buffer.alloc(0)

export class Http2Stream implements Exchange, SendStream {
  readonly id: number
  readonly headers: Headers
  readonly #host: StreamHost
  sendWindowBytes: number
  unsentBody: Buffer | null = null
  /** Request body bytes so far. */
  receivedBytes = 0
  /** END_STREAM has come; from then on the body is whole. */
  isRequestComplete = false
  #chunks: Buffer | Buffer[] = NO_BODY

  constructor(host: StreamHost, id: number, headers: Headers, sendWindowBytes: number) {
    this.#host = host
    this.id = id
    this.headers = headers
    this.sendWindowBytes = sendWindowBytes
  }

  get method(): string {
    return this.headers[':method'] ?? ''
  }

  get path(): string {
    return this.headers[':path'] ?? ''
  }

  get body(): Buffer {
    if (Array.isArray(this.#chunks)) this.#chunks = Buffer.concat(this.#chunks)
    return this.#chunks
  }

  /** Appends a part of the request's body. */
  receive(part: Buffer): void {
    if (this.receivedBytes === 0) this.#chunks = part
    else if (Array.isArray(this.#chunks)) this.#chunks.push(part)
    else this.#chunks = [this.#chunks, part]
    this.receivedBytes += part.length
  }

  answer(status: number, headers: Headers, body: string | Buffer): void {
    this.#host.answer(this, status, headers, typeof body === 'string' ? Buffer.from(body, 'utf8') : body)
  }

  cut(): void {
    this.#host.cut()
  }

  goAway(reason = ''): void {
    this.#host.goAwayBefore(this, reason)
  }
}
