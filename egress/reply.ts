/**
 * What comes back for one exchange, whatever the protocol: gathers it and answers the exchange once. Reads from
 * nothing and writes to nothing.
 */
import { type Answer, MAX_ANSWER_BYTES, type NoAnswerReason } from '../push/outcome.ts'
import type { Exchange } from './exchange.ts'

/** Headers of an error that a provider reads; the others stay here. */
const KEPT_HEADERS = new Set(['apns-id', 'content-type', 'location', 'retry-after', 'www-authenticate'])
/** Windows says its reasons in headers of its own: `x-wns-error-description` and its kin. */
const KEPT_PREFIX = 'x-wns-'

const NO_HEADERS: Readonly<Record<string, string>> = {}

export class Reply {
  /** Null once it is answered. */
  #exchange: Exchange | null
  #status = 0
  #headers = NO_HEADERS
  readonly #body: Buffer[] = []
  #bodyBytes = 0

  constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  /** The final status and headers. Success is all there is to know of a 2xx, so it is answered at once. */
  takeHead(status: number, headers: Iterable<readonly [name: string, value: string]>): void {
    this.#status = status
    if (status < 300) this.#answerResponse()
    else {
      const kept = [...headers].filter(([name]) => KEPT_HEADERS.has(name) || name.startsWith(KEPT_PREFIX))
      this.#headers = Object.fromEntries(kept)
    }
  }

  /** @returns false when the rest of the body is of no use */
  takeBody(bytes: Buffer): boolean {
    if (this.#exchange === null) return true
    this.#body.push(Buffer.from(bytes.subarray(0, MAX_ANSWER_BYTES - this.#bodyBytes)))
    this.#bodyBytes += bytes.length
    return this.#bodyBytes < MAX_ANSWER_BYTES
  }

  /**
   * Nothing more comes. A status is an answer, however much of the body came; without one it is as the caller says.
   *
   * @returns whether the push service has answered
   */
  end(sent: 'no' | 'maybe', reason: NoAnswerReason): boolean {
    if (this.hasHead) this.#answerResponse()
    else this.#answer({ kind: 'no_answer', sent, reason })
    return this.hasHead
  }

  get hasHead(): boolean {
    return this.#status !== 0
  }

  #answerResponse(): void {
    const body = this.#bodyBytes === 0 ? '' : Buffer.concat(this.#body).toString()
    this.#answer({ kind: 'response', status: this.#status, headers: this.#headers, body })
  }

  #answer(answer: Answer): void {
    const exchange = this.#exchange
    this.#exchange = null
    exchange?.answer(answer)
  }
}
