/**
 * HTTP/2 frames (RFC 9113 section 4 and 6): their numbers, and cutting a byte stream into them. No connection state.
 */

export const DATA = 0x0
export const HEADERS = 0x1
export const RST_STREAM = 0x3
export const SETTINGS = 0x4
export const PUSH_PROMISE = 0x5
export const PING = 0x6
export const GOAWAY = 0x7
export const WINDOW_UPDATE = 0x8
export const CONTINUATION = 0x9

export const END_STREAM = 0x1
export const ACK = 0x1
export const END_HEADERS = 0x4
export const PADDED = 0x8
export const PRIORITY_FLAG = 0x20

export const NO_ERROR = 0x0
export const PROTOCOL_ERROR = 0x1
export const FLOW_CONTROL_ERROR = 0x3
export const FRAME_SIZE_ERROR = 0x6
export const REFUSED_STREAM = 0x7
export const CANCEL = 0x8
export const COMPRESSION_ERROR = 0x9
export const ENHANCE_YOUR_CALM = 0xb

export const SETTINGS_HEADER_TABLE_SIZE = 0x1
export const SETTINGS_ENABLE_PUSH = 0x2
export const SETTINGS_MAX_CONCURRENT_STREAMS = 0x3
export const SETTINGS_INITIAL_WINDOW_SIZE = 0x4

export const FRAME_HEADER_BYTES = 9
const SETTING_BYTES = 6
/** The size every peer takes; neither side asks for more. */
export const MAX_FRAME_BYTES = 16_384
/** Flow-control window of a stream and of the connection before anybody changes it. */
export const DEFAULT_WINDOW_BYTES = 65_535
export const MAX_WINDOW_BYTES = 2 ** 31 - 1
export const MAX_STREAM_ID = 2 ** 31 - 1

/** What a client says first (RFC 9113 section 3.4). */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

/** The peer broke the protocol; the whole connection ends with this code. */
export class ConnectionFault extends Error {
  override readonly name = 'ConnectionFault'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  /** A view of the received bytes: valid only until the handler returns. */
  readonly payload: Buffer
}

/** Cuts what arrives into frames. */
export class FrameReader {
  #rest: Buffer | null = null

  /** @throws {ConnectionFault} for a frame that is too long, and whatever `onFrame` throws */
  read(chunk: Buffer, onFrame: (frame: Frame) => void): void {
    const bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = null
    let at = 0
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const length = bytes.readUIntBE(at, 3)
      if (length > MAX_FRAME_BYTES) throw new ConnectionFault(FRAME_SIZE_ERROR, `a frame of ${length} bytes`)
      const payloadAt = at + FRAME_HEADER_BYTES
      if (bytes.length < payloadAt + length) break
      onFrame({
        type: bytes[at + 3]!,
        flags: bytes[at + 4]!,
        streamId: bytes.readUInt32BE(at + 5) & MAX_STREAM_ID,
        payload: bytes.subarray(payloadAt, payloadAt + length),
      })
      at = payloadAt + length
    }
    if (at < bytes.length) this.#rest = at === 0 ? bytes : Buffer.from(bytes.subarray(at))
  }
}

/**
 * The content of a DATA or HEADERS frame without its padding and priority (RFC 9113 sections 6.1 and 6.2).
 *
 * @throws {ConnectionFault} when the padding is longer than the frame
 */
export function contentOf({ type, flags, payload }: Frame): Buffer {
  const isPadded = (flags & PADDED) !== 0
  let start = isPadded ? 1 : 0
  if (type === HEADERS && (flags & PRIORITY_FLAG) !== 0) start += 5
  const end = payload.length - (isPadded ? (payload[0] ?? 0) : 0)
  if (end < start) throw new ConnectionFault(PROTOCOL_ERROR, 'padding longer than the frame')
  return payload.subarray(start, end)
}

/** The settings that a frame names, in their order (RFC 9113 section 6.5.1). @throws {ConnectionFault} */
export function settingsOf(payload: Buffer): [setting: number, value: number][] {
  if (payload.length % SETTING_BYTES !== 0) throw new ConnectionFault(FRAME_SIZE_ERROR, 'settings that are cut short')
  return Array.from({ length: payload.length / SETTING_BYTES }, (_, index) => {
    return [payload.readUInt16BE(index * SETTING_BYTES), payload.readUInt32BE(index * SETTING_BYTES + 2)]
  })
}

/** A number of 32 bits in a frame. @throws {ConnectionFault} when the frame is shorter than its type prescribes */
export function wordAt(payload: Buffer, at: number): number {
  if (payload.length < at + 4) throw new ConnectionFault(FRAME_SIZE_ERROR, 'a frame that is cut short')
  return payload.readUInt32BE(at)
}
