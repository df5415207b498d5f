/**
 * Puts a header block together from HEADERS and its CONTINUATIONs (RFC 9113 §4.3, §6.2, §6.10) and decodes it, in
 * order and completely, because every block of a connection moves the one HPACK state.
 */
import { Buffer } from 'node:buffer'
import {
  ConnectionError,
  END_HEADERS,
  END_STREAM,
  ENHANCE_YOUR_CALM,
  PRIORITY_FLAG,
  PROTOCOL_ERROR,
  stripPadding,
} from './frames.ts'
import { HeaderDecoder, type HeaderList } from './header-decoder.ts'

/** Compressed; far more than any push needs. */
const MAX_BLOCK_BYTES = 64 * 1024

export interface CompleteHeaders {
  readonly headers: HeaderList
  readonly endsStream: boolean
}

export class HeaderAssembly {
  readonly #decoder = new HeaderDecoder()
  #streamId = 0
  #block: Buffer | null = null
  #endsStream = false
  #isComplete = false

  /** Whether CONTINUATION must follow. */
  get isOpen(): boolean {
    return this.#block !== null
  }

  /** A HEADERS frame. @throws ConnectionError */
  begin(streamId: number, flags: number, payload: Buffer): void {
    this.#streamId = streamId
    this.#endsStream = (flags & END_STREAM) !== 0
    this.#isComplete = (flags & END_HEADERS) !== 0
    this.#block = stripPadding(payload, flags, (flags & PRIORITY_FLAG) !== 0)
  }

  /** A CONTINUATION frame. @throws ConnectionError when it belongs to no open block, or the block grows too long */
  append(streamId: number, flags: number, payload: Buffer): void {
    if (this.#block === null || streamId !== this.#streamId) {
      throw new ConnectionError(PROTOCOL_ERROR, 'a CONTINUATION without its HEADERS')
    }
    if (this.#block.length + payload.length > MAX_BLOCK_BYTES) {
      throw new ConnectionError(ENHANCE_YOUR_CALM, `a header block above ${MAX_BLOCK_BYTES} bytes`)
    }
    this.#block = Buffer.concat([this.#block, payload])
    this.#isComplete = (flags & END_HEADERS) !== 0
  }

  /** The headers once END_HEADERS has come, else null. @throws ConnectionError COMPRESSION_ERROR */
  takeComplete(): CompleteHeaders | null {
    if (this.#block === null || !this.#isComplete) return null
    const headers = this.#decoder.decode(this.#block)
    this.#block = null
    return { headers, endsStream: this.#endsStream }
  }
}
