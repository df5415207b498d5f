/**
 * A client's HTTP/2 connection (RFC 9113) that does one thing: POST many small requests and read short answers.
 * Written for this because node:http2 spends most of its time on what is not needed here (docs/design/egress.md).
 *
 * It never guesses: a stream that the peer said it did not process is answered `sent: 'no'`; whatever else is not
 * answered is `maybe`. It retries nothing and reconnects nothing.
 */
import type { Socket } from 'node:net'
import type { NoAnswerReason } from '../../push/outcome.ts'
import type { Carrier, CarrierOwner, Exchange, Patience } from '../exchange.ts'
import * as frames from './frames.ts'
import { ConnectionFault, contentOf, type Frame, FrameReader, settingsOf, wordAt } from './frames.ts'
import { HeaderAssembly } from './header-assembly.ts'
import { HeaderDecoder } from './header-decoder.ts'
import { HeaderEncoder } from './header-encoder.ts'
import { Liveness } from './liveness.ts'
import { Output } from './output.ts'
import { SendFlow } from './send-flow.ts'
import { Stream } from './stream.ts'

/** Streams at once, however many the peer would take: more only wait longer, here or there. */
const MAX_STREAMS = 1000

/** What the peer may send before we widen its window again: many answers, none of which is long. */
const RECEIVE_WINDOW_BYTES = 8 * 1024 * 1024

/** Nothing is to be pushed to us. */
const OUR_SETTINGS = Buffer.from([0, frames.SETTINGS_ENABLE_PUSH, 0, 0, 0, 0])

const PING_PAYLOAD = Buffer.from('fanfare!', 'latin1')

export class Http2Session implements Carrier {
  readonly connections = 1
  readonly #authority: string
  readonly #socket: Socket
  readonly #owner: CarrierOwner
  readonly #patience: Patience
  readonly #openedAt: number
  readonly #output: Output
  readonly #sendFlow: SendFlow
  readonly #liveness: Liveness
  readonly #encoder: HeaderEncoder
  readonly #reader = new FrameReader()
  readonly #headers = new HeaderAssembly()
  readonly #decoder = new HeaderDecoder()
  /** Open streams in the order in which they were started, which is the order of their deadlines. */
  readonly #streams = new Map<number, Stream>()
  #nextStreamId = 1
  /** The peer has said its SETTINGS; before that nobody knows how many streams it takes. */
  #isReady = false
  #peerMaxStreams = MAX_STREAMS
  #receivedBytes = 0
  #isLeaving = false
  #isFaulty = false
  #sawGoaway = false
  #hasWorked = false
  #idleSince: number | null

  /** @param socket connected, TLS with ALPN `h2` */
  constructor(socket: Socket, authority: string, owner: CarrierOwner, patience: Patience, now: number) {
    this.#authority = authority
    this.#socket = socket
    this.#owner = owner
    this.#patience = patience
    this.#openedAt = now
    this.#idleSince = now
    this.#liveness = new Liveness(patience, now)
    this.#output = new Output(socket)
    this.#sendFlow = new SendFlow(this.#output)
    this.#encoder = new HeaderEncoder(authority)
    this.#output.bytes(frames.PREFACE)
    this.#output.frame(frames.SETTINGS, 0, 0, OUR_SETTINGS)
    this.#output.word(frames.WINDOW_UPDATE, 0, RECEIVE_WINDOW_BYTES - frames.DEFAULT_WINDOW_BYTES)
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('drain', () => owner.onRoom())
    // The peer writes nothing more: what is started from here on would be in doubt for nothing.
    socket.on('end', () => this.#leave())
    socket.on('error', (error) => console.warn(`connection to ${authority}: ${error.message}`))
    socket.on('close', () => this.#ended())
  }

  get underWay(): number {
    return this.#streams.size
  }

  get idleSince(): number | null {
    return this.#idleSince
  }

  get room(): number {
    if (!this.#isReady || this.#isLeaving || this.#sendFlow.isBlocked || this.#output.isClogged) return 0
    return Math.max(0, Math.min(this.#peerMaxStreams, MAX_STREAMS) - this.#streams.size)
  }

  start(exchange: Exchange, now: number): void {
    const id = this.#nextStreamId
    this.#nextStreamId += 2
    const { body } = exchange
    const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length
    const stream = new Stream(id, exchange, now, this.#sendFlow.initialWindowBytes)
    this.#streams.set(id, stream)
    this.#idleSince = null
    const block = this.#encoder.encode(exchange.path, exchange.sharedHeaders, exchange.ownHeaders, bytes)
    const flags = bytes === 0 ? frames.END_HEADERS | frames.END_STREAM : frames.END_HEADERS
    this.#output.frame(frames.HEADERS, flags, id, block)
    if (bytes > 0) this.#sendFlow.send(stream, body, bytes)
    if (id + 2 > frames.MAX_STREAM_ID) this.close()
  }

  sweep(now: number): void {
    if (!this.#isReady && now - this.#openedAt > this.#patience.connectMs) this.destroy()
    for (const stream of this.#streams.values()) {
      if (now - stream.startedAt < this.#patience.answerMs) break
      this.#cancel(stream, 'timeout')
    }
    const verdict = this.#liveness.judge(now, this.#streams.size > 0)
    if (verdict === 'give up') this.destroy()
    else if (verdict === 'ask') this.#output.frame(frames.PING, 0, 0, PING_PAYLOAD)
    this.#leaveIfDone()
  }

  close(): void {
    this.#leave()
    this.#leaveIfDone()
  }

  destroy(): void {
    this.#leave()
    this.#socket.destroy()
  }

  #receive(chunk: Buffer): void {
    if (this.#isFaulty) return
    this.#liveness.heard(performance.now())
    try {
      this.#reader.read(chunk, (frame) => this.#take(frame))
    } catch (error) {
      if (!(error instanceof ConnectionFault)) throw error
      this.#endFaulty(error)
      return
    }
    if (this.#receivedBytes > RECEIVE_WINDOW_BYTES / 2) {
      this.#output.word(frames.WINDOW_UPDATE, 0, this.#receivedBytes)
      this.#receivedBytes = 0
    }
    if (this.room > 0) this.#owner.onRoom()
    this.#leaveIfDone()
  }

  #take(frame: Frame): void {
    const block = this.#headers.take(frame)
    if (block !== null) {
      const fields = this.#decoder.decode(block.bytes)
      const stream = this.#streamOf(block.streamId)
      stream?.takeFields(fields)
      if (stream && block.endsStream) this.#remove(stream, 'maybe', 'stream_reset')
      return
    }
    switch (frame.type) {
      case frames.DATA:
        this.#takeData(frame)
        break
      case frames.RST_STREAM:
        this.#takeReset(frame)
        break
      case frames.SETTINGS:
        this.#takeSettings(frame)
        break
      case frames.PING:
        if ((frame.flags & frames.ACK) === 0) this.#output.frame(frames.PING, frames.ACK, 0, frame.payload)
        break
      case frames.GOAWAY:
        this.#takeGoaway(frame)
        break
      case frames.WINDOW_UPDATE:
        this.#takeWindowUpdate(frame)
        break
      case frames.PUSH_PROMISE:
        throw new ConnectionFault(frames.PROTOCOL_ERROR, 'a push that was ruled out')
    }
  }

  #takeData(frame: Frame): void {
    this.#receivedBytes += frame.payload.length
    const stream = this.#streamOf(frame.streamId)
    if (stream === undefined) return
    const wantsMore = stream.reply.takeBody(contentOf(frame))
    if ((frame.flags & frames.END_STREAM) !== 0) this.#remove(stream, 'maybe', 'stream_reset')
    else if (!wantsMore) this.#cancel(stream, 'stream_reset')
  }

  /** REFUSED_STREAM says that nothing was processed (RFC 9113 section 8.7); no other code says so. */
  #takeReset({ streamId, payload }: Frame): void {
    const stream = this.#streamOf(streamId)
    const isRefusal = wordAt(payload, 0) === frames.REFUSED_STREAM
    if (stream) this.#remove(stream, isRefusal ? 'no' : 'maybe', 'stream_reset')
  }

  #takeSettings({ flags, payload }: Frame): void {
    if ((flags & frames.ACK) !== 0) return
    this.#isReady = true
    for (const [setting, value] of settingsOf(payload)) {
      if (setting === frames.SETTINGS_MAX_CONCURRENT_STREAMS) this.#peerMaxStreams = value
      else if (setting === frames.SETTINGS_HEADER_TABLE_SIZE) this.#encoder.limitTable(value)
      else if (setting === frames.SETTINGS_INITIAL_WINDOW_SIZE) {
        this.#sendFlow.changeInitialWindow(value, this.#streams.values())
      }
    }
    this.#output.frame(frames.SETTINGS, frames.ACK, 0, Buffer.alloc(0))
  }

  /** Streams above the last one named were not processed (RFC 9113 section 6.8); those below may still be answered. */
  #takeGoaway({ payload }: Frame): void {
    const lastStreamId = wordAt(payload, 0) & frames.MAX_STREAM_ID
    const code = wordAt(payload, 4)
    const words = payload.subarray(8).toString()
    if (code !== frames.NO_ERROR || words !== '') console.warn(`${this.#authority} said goodbye: code ${code} ${words}`)
    this.#sawGoaway = true
    this.#owner.onGoaway()
    // It has looked at requests, so it was of use, even if their answers are still to come.
    if (lastStreamId > 0) this.#hasWorked = true
    for (const stream of [...this.#streams.values()]) {
      if (stream.id > lastStreamId) this.#remove(stream, 'no', 'goaway')
    }
    this.#leave()
  }

  #takeWindowUpdate({ streamId, payload }: Frame): void {
    const bytes = wordAt(payload, 0) & frames.MAX_WINDOW_BYTES
    if (bytes === 0) throw new ConnectionFault(frames.PROTOCOL_ERROR, 'a window update of nothing')
    const stream = streamId === 0 ? undefined : this.#streamOf(streamId)
    if (streamId === 0) this.#sendFlow.widen(bytes)
    else if (stream) this.#sendFlow.widenStream(stream, bytes)
  }

  /** Undefined for a stream that is over already; what the peer still sends on it is of no interest. */
  #streamOf(id: number): Stream | undefined {
    if (id >= this.#nextStreamId || id % 2 === 0) {
      throw new ConnectionFault(frames.PROTOCOL_ERROR, `a frame on stream ${id}, which nobody opened`)
    }
    return this.#streams.get(id)
  }

  #remove(stream: Stream, sent: 'no' | 'maybe', reason: NoAnswerReason): void {
    this.#streams.delete(stream.id)
    if (this.#streams.size === 0) this.#idleSince = performance.now()
    this.#sendFlow.forget(stream)
    if (stream.reply.end(sent, reason)) this.#hasWorked = true
    // The answer may come before the body has left; the rest of it is not wanted any more.
    if (stream.unsent !== null) this.#output.word(frames.RST_STREAM, stream.id, frames.CANCEL)
  }

  #cancel(stream: Stream, reason: NoAnswerReason): void {
    stream.unsent = null
    this.#remove(stream, 'maybe', reason)
    this.#output.word(frames.RST_STREAM, stream.id, frames.CANCEL)
  }

  #leave(): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    this.#owner.onLeaving(this, this.#hasWorked)
  }

  #leaveIfDone(): void {
    if (!this.#isLeaving || this.#streams.size > 0 || !this.#socket.writable) return
    this.#sayGoodbye(frames.NO_ERROR)
  }

  #endFaulty(fault: ConnectionFault): void {
    console.error(`${this.#authority} broke HTTP/2: ${fault.message}`)
    this.#isFaulty = true
    this.#leave()
    this.#sayGoodbye(fault.code)
  }

  #sayGoodbye(code: number): void {
    const payload = Buffer.alloc(8)
    payload.writeUInt32BE(code, 4)
    this.#output.frame(frames.GOAWAY, 0, 0, payload)
    this.#output.flush()
    this.#socket.destroySoon()
  }

  #ended(): void {
    this.#leave()
    for (const stream of [...this.#streams.values()]) {
      this.#remove(stream, 'maybe', this.#sawGoaway ? 'goaway' : 'connection_lost')
    }
    this.#owner.onEnd(this)
  }
}
