/**
 * Frames on their way to a socket: everything that is said in one turn of the event loop leaves in one write.
 */
import type { Duplex } from 'node:stream'
import * as frames from './frames.ts'

const CHUNK_BYTES = 64 * 1024

/** Bytes that may wait in the socket before no new request is started. */
const CLOGGED_BYTES = 1024 * 1024

export class Output {
  readonly #socket: Duplex
  #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  /** What is written of the chunk lies between these; before them it belongs to the socket. */
  #start = 0
  #end = 0
  #isScheduled = false

  constructor(socket: Duplex) {
    this.#socket = socket
  }

  /** Whether the peer reads more slowly than we write. */
  get isClogged(): boolean {
    return this.#socket.writableLength > CLOGGED_BYTES
  }

  frame(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    this.#head(payload.length, type, flags, streamId)
    this.#chunk.set(payload, this.#end)
    this.#end += payload.length
  }

  /** A DATA frame with UTF-8 text, which must have exactly `bytes` bytes. */
  text(flags: number, streamId: number, text: string, bytes: number): void {
    this.#head(bytes, frames.DATA, flags, streamId)
    this.#end += this.#chunk.write(text, this.#end)
  }

  /** A frame whose payload is one number of 32 bits. */
  word(type: number, streamId: number, word: number): void {
    this.#head(4, type, 0, streamId)
    this.#end = this.#chunk.writeUInt32BE(word, this.#end)
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#chunk.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** Hands everything to the socket now. */
  flush(): void {
    this.#isScheduled = false
    if (this.#end === this.#start) return
    const part = this.#chunk.subarray(this.#start, this.#end)
    this.#start = this.#end
    if (this.#socket.writable) this.#socket.write(part)
  }

  #head(length: number, type: number, flags: number, streamId: number): void {
    this.#reserve(frames.FRAME_HEADER_BYTES + length)
    const chunk = this.#chunk
    const at = this.#end
    chunk[at] = length >>> 16
    chunk[at + 1] = length >>> 8
    chunk[at + 2] = length
    chunk[at + 3] = type
    chunk[at + 4] = flags
    chunk.writeUInt32BE(streamId, at + 5)
    this.#end = at + frames.FRAME_HEADER_BYTES
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes > CHUNK_BYTES) {
      this.flush()
      this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
      this.#start = 0
      this.#end = 0
    }
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => this.flush())
  }
}
