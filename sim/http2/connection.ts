/**
 * A tolerant HTTP/2 server connection (RFC 9113) on a socket that is already TLS with ALPN `h2`.
 *
 * Tolerant where the real push services are and node:http2 is not: any `:scheme` is taken, also the `https:` that
 * firebase-admin sends. Strict about framing, HPACK and flow control. It pushes nothing and keeps no priorities.
 */
import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import { cutSocket } from '../cut-socket.ts'
import type { ExchangeHandler, Headers } from '../exchange.ts'
import * as frames from './frames.ts'
import { ConnectionError, FrameReader } from './frames.ts'
import { type CompleteHeaders, HeaderAssembly } from './header-assembly.ts'
import { encodeAnswerHead } from './header-encoder.ts'
import { Output } from './output.ts'
import { ReceiveWindow } from './receive-window.ts'
import { SendFlow } from './send-flow.ts'
import { Http2Stream, type StreamHost } from './stream.ts'
import { MAX_CONCURRENT_STREAMS, StreamTable } from './stream-table.ts'

/** Longest request body; also the stream's window, so that no body ever waits for a WINDOW_UPDATE. */
const MAX_BODY_BYTES = 1024 * 1024
const CONNECTION_WINDOW_BYTES = 16 * MAX_BODY_BYTES

const OUR_SETTINGS = frames.settingsPayload([
  [frames.SETTINGS_MAX_CONCURRENT_STREAMS, MAX_CONCURRENT_STREAMS],
  [frames.SETTINGS_INITIAL_WINDOW_SIZE, MAX_BODY_BYTES],
])
const NOTHING = new Uint8Array(0)

/** Serves one connection until it closes. */
export function serveHttp2(socket: Socket, handle: ExchangeHandler): void {
  new Http2Connection(socket, handle)
}

class Http2Connection implements StreamHost {
  readonly #socket: Socket
  readonly #handle: ExchangeHandler
  readonly #output: Output
  readonly #sendFlow: SendFlow
  readonly #reader = new FrameReader()
  readonly #headerAssembly = new HeaderAssembly()
  readonly #receiveWindow = new ReceiveWindow(CONNECTION_WINDOW_BYTES)
  readonly #streams = new StreamTable()
  #prefaceBytes = 0
  #hasSettings = false
  #isOver = false

  constructor(socket: Socket, handle: ExchangeHandler) {
    this.#socket = socket
    this.#handle = handle
    this.#output = new Output(socket)
    this.#sendFlow = new SendFlow(this.#output, (stream) => this.#finish(stream.id))
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('drain', () => socket.resume())
    socket.on('close', () => this.#end())
    // A reset by the peer is an ordinary end here; 'close' follows and does the rest.
    socket.on('error', () => this.#end())
    this.#output.frame(frames.SETTINGS, 0, 0, OUR_SETTINGS)
    const increment = CONNECTION_WINDOW_BYTES - frames.DEFAULT_WINDOW_BYTES
    this.#output.frame(frames.WINDOW_UPDATE, 0, 0, frames.uint32s(increment))
    this.#output.flush()
  }

  answer(stream: Http2Stream, status: number, headers: Headers, body: Buffer): void {
    if (this.#isOver || this.#streams.find(stream.id) !== stream) return
    const head = encodeAnswerHead(status, headers)
    if (body.length === 0) {
      this.#output.frame(frames.HEADERS, frames.END_HEADERS | frames.END_STREAM, stream.id, head)
      this.#finish(stream.id)
    } else {
      this.#output.frame(frames.HEADERS, frames.END_HEADERS, stream.id, head)
      this.#sendFlow.send(stream, body)
    }
  }

  cut(): void {
    this.#output.flush()
    this.#end()
    cutSocket(this.#socket)
  }

  goAwayBefore(stream: Http2Stream, reason: string): void {
    this.#sendGoAway(this.#streams.giveUpFrom(stream.id), frames.NO_ERROR, reason)
    this.#closeWhenDone()
  }

  #receive(chunk: Buffer): void {
    if (this.#isOver) return
    this.#output.hold()
    try {
      const bytes = this.#skipPreface(chunk)
      this.#reader.read(bytes, this.#takeFrame)
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error
      this.#fail(error)
    } finally {
      this.#output.release()
    }
    if (this.#socket.writableNeedDrain) this.#socket.pause()
  }

  #skipPreface(chunk: Buffer): Buffer {
    const missing = frames.CLIENT_PREFACE.length - this.#prefaceBytes
    if (missing === 0) return chunk
    const part = chunk.subarray(0, missing)
    const expected = frames.CLIENT_PREFACE.subarray(this.#prefaceBytes, this.#prefaceBytes + part.length)
    if (!part.equals(expected)) throw new ConnectionError(frames.PROTOCOL_ERROR, 'no HTTP/2 preface')
    this.#prefaceBytes += part.length
    return chunk.subarray(part.length)
  }

  readonly #takeFrame = (type: number, flags: number, streamId: number, payload: Buffer): void => {
    if (this.#isOver) return
    if (!this.#hasSettings && type !== frames.SETTINGS) {
      throw new ConnectionError(frames.PROTOCOL_ERROR, 'the first frame must be SETTINGS')
    }
    if (this.#headerAssembly.isOpen && type !== frames.CONTINUATION) {
      throw new ConnectionError(frames.PROTOCOL_ERROR, 'a frame between HEADERS and CONTINUATION')
    }
    switch (type) {
      case frames.HEADERS:
      case frames.CONTINUATION:
        this.#takeHeaders(type, flags, streamId, payload)
        break
      case frames.DATA:
        this.#takeData(flags, streamId, payload)
        break
      case frames.WINDOW_UPDATE:
        this.#takeWindowUpdate(streamId, payload)
        break
      case frames.SETTINGS:
        this.#takeSettings(flags, payload)
        break
      case frames.PING:
        if ((flags & frames.ACK) === 0) this.#output.frame(frames.PING, frames.ACK, 0, payload)
        break
      case frames.RST_STREAM:
        this.#forget(streamId)
        break
      case frames.PUSH_PROMISE:
        throw new ConnectionError(frames.PROTOCOL_ERROR, 'a client cannot push')
      default:
      // PRIORITY is advice that we do not take, a client's GOAWAY announces the close that follows, and frames of
      // unknown types must be ignored (§4.1).
    }
  }

  #takeHeaders(type: number, flags: number, streamId: number, payload: Buffer): void {
    if (type === frames.HEADERS) this.#headerAssembly.begin(streamId, flags, payload)
    else this.#headerAssembly.append(streamId, flags, payload)
    const complete = this.#headerAssembly.takeComplete()
    if (complete === null) return
    const open = this.#streams.find(streamId)
    if (open === undefined) this.#openStream(streamId, complete)
    // Trailers say nothing to a push service, but they end the body.
    else if (complete.endsStream) this.#complete(open)
  }

  #openStream(streamId: number, { headers, endsStream }: CompleteHeaders): void {
    const admission = this.#streams.admit(streamId)
    if (admission === 'refuse') this.#reset(streamId, frames.REFUSED_STREAM)
    if (admission !== 'serve') return
    const stream = new Http2Stream(this, streamId, headers, this.#sendFlow.initialWindowBytes)
    this.#streams.add(stream)
    if (endsStream) this.#complete(stream)
  }

  #takeData(flags: number, streamId: number, payload: Buffer): void {
    const increment = this.#receiveWindow.take(payload.length)
    if (increment > 0) this.#output.frame(frames.WINDOW_UPDATE, 0, 0, frames.uint32s(increment))
    if (streamId > this.#streams.lastId) throw new ConnectionError(frames.PROTOCOL_ERROR, 'data on an idle stream')
    const stream = this.#streams.find(streamId)
    if (stream === undefined) return
    const data = frames.stripPadding(payload, flags, false)
    // The stream's window is as large as the largest body and is never widened, so both limits are one.
    if (stream.isRequestComplete) this.#reset(streamId, frames.STREAM_CLOSED)
    else if (stream.receivedBytes + data.length > MAX_BODY_BYTES) this.#reset(streamId, frames.FLOW_CONTROL_ERROR)
    else {
      stream.receive(data)
      if ((flags & frames.END_STREAM) !== 0) this.#complete(stream)
    }
  }

  #complete(stream: Http2Stream): void {
    stream.isRequestComplete = true
    this.#handle(stream)
  }

  #takeWindowUpdate(streamId: number, payload: Buffer): void {
    if (payload.length !== 4) throw new ConnectionError(frames.FRAME_SIZE_ERROR, 'a WINDOW_UPDATE of another size')
    const increment = frames.readUint31(payload, 0)
    if (increment === 0) throw new ConnectionError(frames.PROTOCOL_ERROR, 'a WINDOW_UPDATE of 0')
    const stream = this.#streams.find(streamId)
    if (streamId === 0) this.#sendFlow.widenConnection(increment)
    else if (stream !== undefined && !this.#sendFlow.widenStream(stream, increment)) {
      this.#reset(streamId, frames.FLOW_CONTROL_ERROR)
    }
  }

  #takeSettings(flags: number, payload: Buffer): void {
    this.#hasSettings = true
    if ((flags & frames.ACK) !== 0) return
    if (payload.length % 6 !== 0) throw new ConnectionError(frames.FRAME_SIZE_ERROR, 'SETTINGS of a broken size')
    for (let position = 0; position < payload.length; position += 6) {
      const value = payload.readUInt32BE(position + 2)
      const id = payload.readUInt16BE(position)
      if (id === frames.SETTINGS_INITIAL_WINDOW_SIZE)
        this.#sendFlow.changeInitialWindow(value, this.#streams.openStreams())
      else if (id === frames.SETTINGS_MAX_FRAME_SIZE) {
        if (value < frames.MAX_FRAME_BYTES)
          throw new ConnectionError(frames.PROTOCOL_ERROR, 'frames below 16,384 bytes')
        this.#sendFlow.maxFrameBytes = value
      }
      // SETTINGS_HEADER_TABLE_SIZE concerns an encoder with a dynamic table, which ours is not.
    }
    this.#output.frame(frames.SETTINGS, frames.ACK, 0, NOTHING)
  }

  #reset(streamId: number, code: number): void {
    this.#output.frame(frames.RST_STREAM, 0, streamId, frames.uint32s(code))
    this.#forget(streamId)
  }

  #forget(streamId: number): void {
    const stream = this.#streams.find(streamId)
    if (stream === undefined) return
    this.#sendFlow.forget(stream)
    this.#finish(streamId)
  }

  #finish(streamId: number): void {
    this.#streams.delete(streamId)
    this.#closeWhenDone()
  }

  #closeWhenDone(): void {
    if (this.#streams.isDone && !this.#isOver) this.#close()
  }

  #fail(error: ConnectionError): void {
    this.#sendGoAway(this.#streams.lastId, error.code, error.message)
    this.#close()
  }

  #close(): void {
    this.#output.flush()
    this.#end()
    this.#socket.end()
  }

  #sendGoAway(lastStreamId: number, code: number, reason: string): void {
    const head = frames.uint32s(lastStreamId, code)
    const payload = new Uint8Array([...head, ...new TextEncoder().encode(reason)])
    this.#output.frame(frames.GOAWAY, 0, 0, payload)
  }

  #end(): void {
    this.#isOver = true
    this.#streams.clear()
  }
}
