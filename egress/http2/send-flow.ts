/**
 * Flow control of what we send (RFC 9113 section 5.2 and 6.9): a body leaves as far as the peer's windows allow, the
 * rest waits for them.
 */
import * as frames from './frames.ts'
import { ConnectionFault } from './frames.ts'
import type { Output } from './output.ts'

/** The sending side of a stream. */
export interface SendingStream {
  readonly id: number
  /** Bytes that the peer takes now; a change of its settings can make it negative. */
  sendWindowBytes: number
  /** What has not left yet. */
  unsent: Uint8Array | null
}

export class SendFlow {
  readonly #output: Output
  readonly #waiting = new Set<SendingStream>()
  #windowBytes = frames.DEFAULT_WINDOW_BYTES
  /** What a new stream may send: the peer's SETTINGS_INITIAL_WINDOW_SIZE. */
  initialWindowBytes = frames.DEFAULT_WINDOW_BYTES

  constructor(output: Output) {
    this.#output = output
  }

  /** Whether a body waits for the peer. */
  get isBlocked(): boolean {
    return this.#waiting.size > 0
  }

  /** Sends the body and ends our side of the stream. Text is encoded straight into the output where it fits. */
  send(stream: SendingStream, body: string | Uint8Array, bytes: number): void {
    const fits = Math.min(this.#windowBytes, stream.sendWindowBytes, frames.MAX_FRAME_BYTES)
    if (typeof body === 'string' && bytes <= fits) {
      this.#windowBytes -= bytes
      stream.sendWindowBytes -= bytes
      this.#output.text(frames.END_STREAM, stream.id, body, bytes)
      return
    }
    stream.unsent = typeof body === 'string' ? Buffer.from(body) : body
    this.#advance(stream)
  }

  /** The stream is over, sent or not. */
  forget(stream: SendingStream): void {
    this.#waiting.delete(stream)
  }

  /** WINDOW_UPDATE of the connection. */
  widen(bytes: number): void {
    this.#windowBytes = grown(this.#windowBytes, bytes)
    this.#advanceAll()
  }

  /** WINDOW_UPDATE of a stream. */
  widenStream(stream: SendingStream, bytes: number): void {
    stream.sendWindowBytes = grown(stream.sendWindowBytes, bytes)
    if (this.#waiting.has(stream)) this.#advance(stream)
  }

  /** The peer's SETTINGS_INITIAL_WINDOW_SIZE: moves the windows of open streams too (RFC 9113 section 6.9.2). */
  changeInitialWindow(bytes: number, open: Iterable<SendingStream>): void {
    if (bytes > frames.MAX_WINDOW_BYTES)
      throw new ConnectionFault(frames.FLOW_CONTROL_ERROR, 'an initial window too wide')
    const difference = bytes - this.initialWindowBytes
    this.initialWindowBytes = bytes
    for (const stream of open) stream.sendWindowBytes = grown(stream.sendWindowBytes, difference)
    this.#advanceAll()
  }

  #advanceAll(): void {
    for (const stream of [...this.#waiting]) this.#advance(stream)
  }

  #advance(stream: SendingStream): void {
    while (stream.unsent !== null) {
      const bytes = Math.min(stream.unsent.length, this.#windowBytes, stream.sendWindowBytes, frames.MAX_FRAME_BYTES)
      if (bytes <= 0) {
        this.#waiting.add(stream)
        return
      }
      const isLast = bytes === stream.unsent.length
      this.#output.frame(frames.DATA, isLast ? frames.END_STREAM : 0, stream.id, stream.unsent.subarray(0, bytes))
      this.#windowBytes -= bytes
      stream.sendWindowBytes -= bytes
      stream.unsent = isLast ? null : stream.unsent.subarray(bytes)
    }
    this.#waiting.delete(stream)
  }
}

function grown(windowBytes: number, bytes: number): number {
  const grownBytes = windowBytes + bytes
  if (grownBytes > frames.MAX_WINDOW_BYTES) throw new ConnectionFault(frames.FLOW_CONTROL_ERROR, 'a window too wide')
  return grownBytes
}
