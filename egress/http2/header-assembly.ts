/** Puts a header block together from a HEADERS frame and the CONTINUATION frames behind it (RFC 9113 section 6.10). */
import * as frames from './frames.ts'
import { ConnectionFault, contentOf, type Frame } from './frames.ts'

/** Far more than any push service answers; a peer that sends more wants to exhaust us. */
const MAX_BLOCK_BYTES = 64 * 1024

export interface HeaderBlock {
  readonly streamId: number
  readonly endsStream: boolean
  readonly bytes: Buffer
}

export class HeaderAssembly {
  #open: { readonly streamId: number; readonly endsStream: boolean; readonly parts: Buffer[]; bytes: number } | null =
    null

  /**
   * Takes every frame of the connection, because nothing may come between the parts of a block.
   *
   * @returns the block when the frame completes one
   * @throws {ConnectionFault} for frames out of order or a block without end
   */
  take(frame: Frame): HeaderBlock | null {
    const { type, flags, streamId } = frame
    if (type === frames.HEADERS && this.#open === null) {
      const endsStream = (flags & frames.END_STREAM) !== 0
      const content = contentOf(frame)
      if ((flags & frames.END_HEADERS) !== 0) return { streamId, endsStream, bytes: content }
      this.#open = { streamId, endsStream, parts: [Buffer.from(content)], bytes: content.length }
      return null
    }
    if (type === frames.CONTINUATION && this.#open?.streamId === streamId) return this.#extend(frame)
    if (this.#open !== null || type === frames.CONTINUATION) {
      throw new ConnectionFault(frames.PROTOCOL_ERROR, 'a header block out of order')
    }
    return null
  }

  #extend({ flags, payload }: Frame): HeaderBlock | null {
    const open = this.#open!
    open.parts.push(Buffer.from(payload))
    // An empty part counts too: a flood of them is as endless.
    open.bytes += payload.length + frames.FRAME_HEADER_BYTES
    if (open.bytes > MAX_BLOCK_BYTES) throw new ConnectionFault(frames.ENHANCE_YOUR_CALM, 'a header block without end')
    if ((flags & frames.END_HEADERS) === 0) return null
    this.#open = null
    return { streamId: open.streamId, endsStream: open.endsStream, bytes: Buffer.concat(open.parts) }
  }
}
