/**
 * HTTP/2 frames (RFC 9113 §4, §6): their numbers, and how a byte stream is cut into them. Bytes only; what a frame
 * means is connection.ts.
 */
import { Buffer } from 'node:buffer'

/** RFC 9113 §3.4: what a client sends first. */
export const CLIENT_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

export const FRAME_HEADER_BYTES = 9

/** Frame types (§6). */
export const DATA = 0x0
export const HEADERS = 0x1
export const PRIORITY = 0x2
export const RST_STREAM = 0x3
export const SETTINGS = 0x4
export const PUSH_PROMISE = 0x5
export const PING = 0x6
export const GOAWAY = 0x7
export const WINDOW_UPDATE = 0x8
export const CONTINUATION = 0x9

/** Flags; END_STREAM and ACK share a bit on different types. */
export const ACK = 0x1
export const END_STREAM = 0x1
export const END_HEADERS = 0x4
export const PADDED = 0x8
export const PRIORITY_FLAG = 0x20

/** Settings (§6.5.2). */
export const SETTINGS_HEADER_TABLE_SIZE = 0x1
export const SETTINGS_MAX_CONCURRENT_STREAMS = 0x3
export const SETTINGS_INITIAL_WINDOW_SIZE = 0x4
export const SETTINGS_MAX_FRAME_SIZE = 0x5

/** Error codes (§7). */
export const NO_ERROR = 0x0
export const PROTOCOL_ERROR = 0x1
export const INTERNAL_ERROR = 0x2
export const FLOW_CONTROL_ERROR = 0x3
export const STREAM_CLOSED = 0x5
export const FRAME_SIZE_ERROR = 0x6
export const REFUSED_STREAM = 0x7
export const CANCEL = 0x8
export const COMPRESSION_ERROR = 0x9
export const ENHANCE_YOUR_CALM = 0xb

/** The default and our own limit for what the peer may send (§4.2). */
export const MAX_FRAME_BYTES = 16_384
/** Windows before any SETTINGS or WINDOW_UPDATE (§6.9.2). */
export const DEFAULT_WINDOW_BYTES = 65_535
export const MAX_WINDOW_BYTES = 0x7fff_ffff

/** A violation that ends the connection with GOAWAY (§5.4.1). */
export class ConnectionError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** Takes one frame; `payload` is a view that is valid during the call only if copied or consumed. */
export type FrameSink = (type: number, flags: number, streamId: number, payload: Buffer) => void

/** Cuts what a peer sends into frames, across chunk borders. */
export class FrameReader {
  #rest: Buffer | null = null

  /**
   * Feeds a chunk and hands on every frame that is complete.
   *
   * @throws ConnectionError FRAME_SIZE_ERROR for a frame above {@link MAX_FRAME_BYTES}
   */
  read(chunk: Buffer, sink: FrameSink): void {
    const bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = null
    let position = 0
    while (position + FRAME_HEADER_BYTES <= bytes.length) {
      const length = (bytes[position]! << 16) | (bytes[position + 1]! << 8) | bytes[position + 2]!
      if (length > MAX_FRAME_BYTES) throw new ConnectionError(FRAME_SIZE_ERROR, `a frame of ${length} bytes`)
      const start = position + FRAME_HEADER_BYTES
      const end = start + length
      if (end > bytes.length) break
      const streamId = readUint31(bytes, position + 5)
      sink(bytes[position + 3]!, bytes[position + 4]!, streamId, bytes.subarray(start, end))
      position = end
    }
    if (position < bytes.length) this.#rest = bytes.subarray(position)
  }
}

/** 31 bits, the reserved highest one ignored. */
export function readUint31(bytes: Buffer, position: number): number {
  return (
    ((bytes[position]! & 0x7f) << 24) |
    (bytes[position + 1]! << 16) |
    (bytes[position + 2]! << 8) |
    bytes[position + 3]!
  )
}

/** Writes a frame header into `bytes` and returns the position after it. */
export function writeFrameHeader(
  bytes: Buffer,
  position: number,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): number {
  bytes[position] = length >>> 16
  bytes[position + 1] = length >>> 8
  bytes[position + 2] = length
  bytes[position + 3] = type
  bytes[position + 4] = flags
  bytes[position + 5] = streamId >>> 24
  bytes[position + 6] = streamId >>> 16
  bytes[position + 7] = streamId >>> 8
  bytes[position + 8] = streamId
  return position + FRAME_HEADER_BYTES
}

/** A whole frame, for the rare ones. */
export function buildFrame(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length)
  writeFrameHeader(frame, 0, payload.length, type, flags, streamId)
  frame.set(payload, FRAME_HEADER_BYTES)
  return frame
}

/** Big-endian 32-bit numbers in a row: the payload of WINDOW_UPDATE, RST_STREAM and the head of GOAWAY. */
export function uint32s(...values: number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4)
  return bytes
}

/** The payload of SETTINGS: an identifier of 16 bits and a value of 32 each (§6.5.1). */
export function settingsPayload(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const bytes = Buffer.allocUnsafe(settings.length * 6)
  for (const [index, [id, value]] of settings.entries()) {
    bytes.writeUInt16BE(id, index * 6)
    bytes.writeUInt32BE(value, index * 6 + 2)
  }
  return bytes
}

/**
 * Takes padding (DATA, HEADERS) and the priority fields (HEADERS) off a payload (§6.1, §6.2).
 *
 * @throws ConnectionError PROTOCOL_ERROR when there is more padding than payload
 */
export function stripPadding(payload: Buffer, flags: number, hasPriority: boolean): Buffer {
  let start = 0
  let end = payload.length
  if ((flags & PADDED) !== 0) {
    if (end < 1) throw new ConnectionError(FRAME_SIZE_ERROR, 'a padded frame without a pad length')
    end -= payload[0]!
    start = 1
  }
  if (hasPriority) start += 5
  if (start > end) throw new ConnectionError(PROTOCOL_ERROR, 'more padding than payload')
  return start === 0 && end === payload.length ? payload : payload.subarray(start, end)
}
