/**
 * The answers of one ticket on their way back: gathers what comes within a moment into one line, writes no faster than
 * it is read, and says "still here" while nothing comes.
 */
import type { ServerResponse } from 'node:http'
import { type AnswerLine, encodeAnswers, HEARTBEAT_MS } from '../push/egress-wire.ts'
import type { Answer } from '../push/outcome.ts'

/** A push takes fifty times as long; waiting so long for company saves both ends most of their writes and reads. */
const GATHERING_MS = 2

/** Heartbeats that a reader may leave unread before it counts as gone. */
const PATIENCE_IN_HEARTBEATS = 6

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export class AnswerStream {
  readonly #response: ServerResponse
  readonly #onCaughtUp: () => void
  readonly #heart: NodeJS.Timeout
  #accepted = new Map<number, number[]>()
  #responses: Mutable<NonNullable<AnswerLine['responses']>[number]>[] = []
  #unanswered: NonNullable<AnswerLine['unanswered']>[number][] = []
  #missing: number
  #isGathering = false
  #unreadBeats = 0

  /**
   * @param count answers to come
   * @param onCaughtUp called when a reader that was behind has read everything
   */
  constructor(response: ServerResponse, count: number, onCaughtUp: () => void) {
    this.#response = response
    this.#missing = count
    this.#onCaughtUp = onCaughtUp
    this.#heart = setInterval(() => this.#beat(), HEARTBEAT_MS)
    response.on('drain', () => this.#caughtUp())
    response.on('close', () => clearInterval(this.#heart))
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
    this.#missing--
    if (answer.kind === 'no_answer') this.#unanswered.push([index, answer.sent, answer.reason])
    else if (answer.status >= 200 && answer.status < 300) this.#accept(index, answer.status)
    else this.#responses.push([index, answer.status, answer.headers, answer.body])
    if (this.#isGathering) return
    this.#isGathering = true
    setTimeout(() => this.#write(), GATHERING_MS)
  }

  #accept(index: number, status: number): void {
    const indexes = this.#accepted.get(status)
    if (indexes === undefined) this.#accepted.set(status, [index])
    else indexes.push(index)
  }

  #write(): void {
    this.#isGathering = false
    if (this.isGone || this.isBehind) return
    const line: Mutable<AnswerLine> = {}
    if (this.#accepted.size > 0) line.accepted = [...this.#accepted]
    if (this.#responses.length > 0) line.responses = this.#responses
    if (this.#unanswered.length > 0) line.unanswered = this.#unanswered
    this.#accepted = new Map()
    this.#responses = []
    this.#unanswered = []
    this.#response.write(encodeAnswers(line))
    if (this.#missing === 0) this.#response.end()
  }

  #caughtUp(): void {
    this.#unreadBeats = 0
    if (this.#accepted.size + this.#responses.length + this.#unanswered.length > 0) this.#write()
    this.#onCaughtUp()
  }

  #beat(): void {
    if (!this.isBehind) this.#response.write('\n')
    else if (++this.#unreadBeats === PATIENCE_IN_HEARTBEATS) this.#response.destroy()
  }
}
