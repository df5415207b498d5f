/**
 * One conversation with the egress: ask, post, read lines. Ends itself when the egress falls silent. Knows HTTP, not
 * what the answers mean; used by through-egress.ts only.
 */
import { DELIVER_PATH, HEARTBEAT_MS, READY_PATH } from '../../push/egress-wire.ts'

/** An egress that missed three heartbeats is gone. */
const SILENCE_MS = 3 * HEARTBEAT_MS

/** The first attempt may have met a connection that had gone stale; asking has no consequences. */
const READY_ATTEMPTS = 2

export interface EgressAddress {
  /** `EGRESS_URL` */
  readonly url: string
  /** `EGRESS_KEY` */
  readonly key: string
  /** How long the egress may say nothing at all. */
  readonly silenceMs?: number
}

export class EgressLine {
  readonly #address: EgressAddress
  readonly #base: string
  readonly #controller = new AbortController()
  readonly #watch: ReturnType<typeof setInterval>
  #heard = true

  constructor(address: EgressAddress) {
    this.#address = address
    this.#base = address.url.replace(/\/+$/, '')
    // Silence is noticed between one and two intervals after it began.
    this.#watch = setInterval(() => {
      if (!this.#heard) this.#controller.abort()
      this.#heard = false
    }, address.silenceMs ?? SILENCE_MS)
  }

  /** Ends the conversation. Must be called: the watch keeps the invocation awake. */
  close(): void {
    clearInterval(this.#watch)
    this.#controller.abort()
  }

  /** Whether the egress is there and would take a ticket. Its refusal is logged: the operator has to know. */
  async askReady(): Promise<boolean> {
    let problem = ''
    for (let attempt = 1; attempt <= READY_ATTEMPTS; attempt++) {
      try {
        const response = await this.#fetch(READY_PATH, { method: 'GET' })
        if (response.status === 204) return true
        problem = `${response.status} ${await response.text()}`
        break
      } catch (error) {
        problem = String(error)
      }
    }
    console.error(`the egress at ${this.#address.url} takes no ticket: ${problem}`)
    return false
  }

  /** @throws when no answer came; whether the egress has the ticket is then unknown */
  post(ticket: Uint8Array<ArrayBuffer>): Promise<Response> {
    return this.#fetch(DELIVER_PATH, { method: 'POST', body: ticket })
  }

  /**
   * Reads the answer's body line by line.
   *
   * @param onLine gets each line without its line feed
   * @throws when the body breaks off or the egress falls silent
   */
  async readLines(response: Response, onLine: (line: string) => void): Promise<void> {
    const decoder = new TextDecoder()
    let rest = ''
    for await (const chunk of response.body ?? []) {
      this.#heard = true
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine(line)
    }
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const response = await fetch(this.#base + path, {
      ...init,
      headers: { authorization: `Bearer ${this.#address.key}` },
      redirect: 'manual',
      signal: this.#controller.signal,
    })
    this.#heard = true
    return response
  }
}
