/**
 * The answers of one ticket on their way back: gathers what comes within a moment into one line, writes no faster than
 * it is read, and says "still here" while nothing comes.
 */
import type { ServerResponse } from 'node:http'
import { type AnswerLine, encodeAnswers, HEARTBEAT_MS } from '../push/egress-wire.ts'
import type { Answer } from '../push/outcome.ts'
import type { Hold } from './held-bytes.ts'

/** A push takes fifty times as long; waiting so long for company saves both ends most of their writes and reads. */
const GATHERING_MS = 2

/** Heartbeats that a reader may leave unread before it counts as gone. */
const PATIENCE_IN_HEARTBEATS = 6

/** A line with so much text in it gets no more: written as JSON it may be six times as long. */
const FULL_LINE_CHARS = 64 * 1024

/** Brackets, quotes, position and status; in memory as much again. */
const RESPONSE_OVERHEAD_CHARS = 64

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type Responded = NonNullable<AnswerLine['responses']>[number]
type Unanswered = NonNullable<AnswerLine['unanswered']>[number]

export class AnswerStream {
  readonly #response: ServerResponse
  readonly #hold: Hold
  readonly #onCaughtUp: () => void
  readonly #heart: NodeJS.Timeout
  #accepted = new Map<number, number[]>()
  readonly #responses: Responded[] = []
  #unanswered: Unanswered[] = []
  #missing: number
  #isGathering = false
  #isClosed = false
  #unreadBeats = 0

  /**
   * @param count answers to come
   * @param hold released when every answer has come or was dropped and nobody reads any more
   * @param onCaughtUp called when a reader that was behind has read everything
   */
  constructor(response: ServerResponse, count: number, hold: Hold, onCaughtUp: () => void) {
    this.#response = response
    this.#missing = count
    this.#hold = hold
    this.#onCaughtUp = onCaughtUp
    this.#heart = setInterval(() => this.#beat(), HEARTBEAT_MS)
    response.on('drain', () => this.#caughtUp())
    response.on('close', () => this.#closed())
    if (count === 0) response.end()
  }

  /** Whether the reader is slower than the answers come. */
  get isBehind(): boolean {
    return this.#response.writableNeedDrain
  }

  /** Whether nobody reads any more. */
  get isGone(): boolean {
    return this.#response.destroyed
  }

  add(index: number, answer: Answer): void {
    if (this.isGone) {
      this.drop()
      return
    }
    this.#missing--
    if (answer.kind === 'no_answer') this.#unanswered.push([index, answer.sent, answer.reason])
    else if (answer.status >= 200 && answer.status < 300) this.#accept(index, answer.status)
    else this.#respond([index, answer.status, answer.headers, answer.body])
    if (this.#isGathering) return
    this.#isGathering = true
    setTimeout(() => this.#write(), GATHERING_MS)
  }

  /** Nobody reads any more, so an answer is of no use, or its request was not even sent. */
  drop(): void {
    this.#missing--
    this.#releaseIfOver()
  }

  #accept(index: number, status: number): void {
    const indexes = this.#accepted.get(status)
    if (indexes === undefined) this.#accepted.set(status, [index])
    else indexes.push(index)
  }

  #respond(responded: Responded): void {
    this.#hold.change(charsOf(responded))
    this.#responses.push(responded)
  }

  #write(): void {
    this.#isGathering = false
    if (this.isGone) return
    while (this.#hasNews && !this.isBehind) this.#writeLine()
    if (this.#missing === 0 && !this.#hasNews) this.#response.end()
  }

  get #hasNews(): boolean {
    return this.#accepted.size + this.#responses.length + this.#unanswered.length > 0
  }

  #writeLine(): void {
    const line: Mutable<AnswerLine> = {}
    if (this.#accepted.size > 0) line.accepted = [...this.#accepted]
    if (this.#unanswered.length > 0) line.unanswered = this.#unanswered
    this.#accepted = new Map()
    this.#unanswered = []
    const { responses, chars } = this.#takeResponses()
    if (responses.length > 0) line.responses = responses
    this.#response.write(encodeAnswers(line), () => this.#hold.change(-chars))
  }

  #takeResponses() {
    let count = 0
    let chars = 0
    for (; count < this.#responses.length && chars < FULL_LINE_CHARS; count++) chars += charsOf(this.#responses[count]!)
    return { responses: this.#responses.splice(0, count), chars }
  }

  #caughtUp(): void {
    this.#unreadBeats = 0
    this.#write()
    if (!this.isBehind) this.#onCaughtUp()
  }

  #beat(): void {
    if (!this.isBehind) this.#response.write('\n')
    else if (++this.#unreadBeats === PATIENCE_IN_HEARTBEATS) this.#response.destroy()
  }

  #closed(): void {
    this.#isClosed = true
    clearInterval(this.#heart)
    this.#releaseIfOver()
  }

  #releaseIfOver(): void {
    if (this.#isClosed && this.#missing === 0) this.#hold.release()
  }
}

/** What an answer occupies, about. */
function charsOf([, , headers, body]: Responded): number {
  let chars = RESPONSE_OVERHEAD_CHARS + body.length
  for (const name in headers) chars += name.length + headers[name]!.length
  return chars
}
