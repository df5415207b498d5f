/**
 * Flow control for what we send (RFC 9113 §5.2, §6.9): bodies leave as DATA as far as the peer's windows and frame
 * size allow; the rest waits for WINDOW_UPDATE or SETTINGS.
 */
import type { Buffer } from 'node:buffer'
import {
  ConnectionError,
  DATA,
  DEFAULT_WINDOW_BYTES,
  END_STREAM,
  FLOW_CONTROL_ERROR,
  MAX_FRAME_BYTES,
  MAX_WINDOW_BYTES,
} from './frames.ts'
import type { Output } from './output.ts'

/** The sending half of one stream. */
export interface SendStream {
  readonly id: number
  /** What the peer lets us send on this stream; a smaller SETTINGS_INITIAL_WINDOW_SIZE can make it negative. */
  sendWindowBytes: number
  /** What waits for a window; null when nothing does. */
  unsentBody: Buffer | null
}

export class SendFlow {
  readonly #output: Output
  readonly #onSent: (stream: SendStream) => void
  #connectionWindowBytes = DEFAULT_WINDOW_BYTES
  readonly #waiting = new Set<SendStream>()
  /** The peer's SETTINGS. */
  initialWindowBytes = DEFAULT_WINDOW_BYTES
  maxFrameBytes = MAX_FRAME_BYTES

  /** @param onSent called when the last byte of a body, and with it END_STREAM, was sent */
  constructor(output: Output, onSent: (stream: SendStream) => void) {
    this.#output = output
    this.#onSent = onSent
  }

  /** Sends a body that is not empty and ends the stream, now or when the windows allow it. */
  send(stream: SendStream, body: Buffer): void {
    stream.unsentBody = body
    this.#push(stream)
    if (stream.unsentBody !== null) this.#waiting.add(stream)
  }

  /** Forgets a stream that was reset. */
  forget(stream: SendStream): void {
    stream.unsentBody = null
    this.#waiting.delete(stream)
  }

  /** WINDOW_UPDATE on stream 0. @throws ConnectionError FLOW_CONTROL_ERROR */
  widenConnection(incrementBytes: number): void {
    this.#connectionWindowBytes += incrementBytes
    if (this.#connectionWindowBytes > MAX_WINDOW_BYTES) {
      throw new ConnectionError(FLOW_CONTROL_ERROR, 'a connection window above 2^31 - 1')
    }
    this.#pushAll()
  }

  /** WINDOW_UPDATE on a stream. Returns false when the window would grow too large, which is the stream's error. */
  widenStream(stream: SendStream, incrementBytes: number): boolean {
    stream.sendWindowBytes += incrementBytes
    if (stream.sendWindowBytes > MAX_WINDOW_BYTES) return false
    if (this.#waiting.has(stream)) this.#pushAll()
    return true
  }

  /** SETTINGS_INITIAL_WINDOW_SIZE moves the window of every open stream by the difference (§6.9.2). */
  changeInitialWindow(bytes: number, openStreams: Iterable<SendStream>): void {
    if (bytes > MAX_WINDOW_BYTES) throw new ConnectionError(FLOW_CONTROL_ERROR, 'an initial window above 2^31 - 1')
    const difference = bytes - this.initialWindowBytes
    this.initialWindowBytes = bytes
    for (const stream of openStreams) stream.sendWindowBytes += difference
    this.#pushAll()
  }

  #pushAll(): void {
    for (const stream of this.#waiting) {
      this.#push(stream)
      if (stream.unsentBody === null) this.#waiting.delete(stream)
    }
  }

  #push(stream: SendStream): void {
    while (stream.unsentBody !== null) {
      const body: Buffer = stream.unsentBody
      const allowedBytes = Math.min(this.#connectionWindowBytes, stream.sendWindowBytes, this.maxFrameBytes)
      if (allowedBytes <= 0) return
      const isLast = body.length <= allowedBytes
      const part = isLast ? body : body.subarray(0, allowedBytes)
      this.#connectionWindowBytes -= part.length
      stream.sendWindowBytes -= part.length
      stream.unsentBody = isLast ? null : body.subarray(allowedBytes)
      this.#output.frame(DATA, isLast ? END_STREAM : 0, stream.id, part)
      if (isLast) this.#onSent(stream)
    }
  }
}
