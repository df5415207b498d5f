/**
 * For tests: an HTTP/2 client over plain TCP that sends exactly the frames it is told to, also wrong ones.
 */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import * as frames from './frames.ts'
import { HeaderDecoder } from './header-decoder.ts'
import { encodeHeaders } from './header-encoder.ts'

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Buffer
}

/** Sends bytes, and waits for frames. */
export class RawClient {
  readonly socket: Socket
  readonly decoder = new HeaderDecoder()
  readonly #frames: Frame[] = []
  #wake: () => void = () => undefined

  private constructor(socket: Socket) {
    this.socket = socket
    const reader = new frames.FrameReader()
    socket.on('data', (chunk: Buffer) => {
      reader.read(chunk, (type, flags, streamId, payload) =>
        this.#frames.push({ type, flags, streamId, payload: Buffer.from(payload) }),
      )
      this.#wake()
    })
    socket.on('close', () => this.#wake())
    socket.on('error', () => this.#wake())
  }

  /** Connects and exchanges SETTINGS. */
  static async open(port: number, settings: [number, number][] = []): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const raw = new RawClient(socket)
    socket.write(frames.CLIENT_PREFACE)
    raw.send(frames.SETTINGS, 0, 0, frames.settingsPayload(settings))
    await raw.next(frames.SETTINGS, (frame) => (frame.flags & frames.ACK) !== 0)
    return raw
  }

  send(type: number, flags: number, streamId: number, payload: Uint8Array | string = ''): void {
    this.socket.write(frames.buildFrame(type, flags, streamId, Buffer.from(payload)))
  }

  post(streamId: number, body: string, scheme = 'https'): void {
    this.send(frames.HEADERS, frames.END_HEADERS, streamId, requestHead(scheme))
    this.send(frames.DATA, frames.END_STREAM, streamId, body)
  }

  /** The next frame of a type that meets the condition; earlier frames of other kinds stay for later. */
  async next(type: number, condition: (frame: Frame) => boolean = () => true): Promise<Frame> {
    for (;;) {
      const index = this.#frames.findIndex((frame) => frame.type === type && condition(frame))
      if (index >= 0) return this.#frames.splice(index, 1)[0]!
      if (this.socket.destroyed || this.socket.readableEnded) throw new Error('the connection has ended')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Status and body of the answer on a stream. */
  async answer(streamId: number): Promise<{ status: string; body: string }> {
    const onStream = (frame: Frame) => frame.streamId === streamId
    const head = await this.next(frames.HEADERS, onStream)
    const status = this.decoder.decode(head.payload)[':status']!
    const parts: Buffer[] = []
    let isEnd = (head.flags & frames.END_STREAM) !== 0
    while (!isEnd) {
      const data = await this.next(frames.DATA, onStream)
      parts.push(data.payload)
      isEnd = (data.flags & frames.END_STREAM) !== 0
    }
    return { status, body: Buffer.concat(parts).toString('latin1') }
  }

  /** Code and debug text of the GOAWAY that must come. */
  async goAway(): Promise<{ lastStreamId: number; code: number; text: string }> {
    const { payload } = await this.next(frames.GOAWAY)
    return {
      lastStreamId: payload.readUInt32BE(0),
      code: payload.readUInt32BE(4),
      text: payload.toString('utf8', 8),
    }
  }
}

/** The header block of a request. */
export function requestHead(scheme = 'https', path = '/send'): Buffer {
  return encodeHeaders([
    [':method', 'POST'],
    [':scheme', scheme],
    [':path', path],
    [':authority', 'localhost'],
    ['authorization', 'Bearer x'],
  ])
}
