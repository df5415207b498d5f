/**
 * One conversation with the egress: ask, post, read lines. Ends itself when the egress falls silent or never comes to
 * an end. Knows HTTP, not what the answers mean; used by through-egress.ts only.
 */
import {
  DELIVER_PATH,
  HEARTBEAT_MS,
  MAX_LINE_CHARS,
  POOL_HEADER,
  READY_PATH,
  REFUSED_HEADER,
} from '../../push/egress-wire.ts'
import { readBeginning } from './read-beginning.ts'

/** An egress that missed three heartbeats is gone. */
const SILENCE_MS = 3 * HEARTBEAT_MS
/** For the question whether it is there: a container that sleeps needs about three seconds to wake. */
const READY_MS = 5_000
/** The egress answers every request within 40 s; one that talks for so long and has not is out of its mind. */
const TALK_MS = 180_000
/** Between the last answer and the end of the stream there is nothing left to say. */
const LAST_WORDS_MS = 1_000

/** The first attempt may have met a connection that had gone stale; asking has no consequences. */
const READY_ATTEMPTS = 2

/** Of whoever answers in place of the egress; ours are shorter. */
const MAX_PROBLEM_BYTES = 500

/** By which an egress that is well declines for the moment. */
const BUSY_STATUS = 503
const DEFAULT_WAIT_SECONDS = 1

export interface EgressAddress {
  /** `EGRESS_URL` */
  readonly url: string
  /** `EGRESS_KEY` */
  readonly key: string
  /** How it is reached when not over the network: the binding of a Worker in front of it. */
  readonly binding?: Fetcher
  /** How long the egress may say nothing at all. */
  readonly silenceMs?: number
  readonly readyMs?: number
  readonly talkMs?: number
}

/** Whether the egress would take a ticket: yes, not at the moment but in a while, or nobody knows when. */
export type Readiness = { readonly kind: 'ready' | 'gone' } | { readonly kind: 'busy'; readonly waitMs: number }

export class EgressLine {
  readonly #address: EgressAddress
  readonly #base: string
  readonly #readyMs: number
  readonly #headers: Readonly<Record<string, string>>
  readonly #controller = new AbortController()
  readonly #watch: ReturnType<typeof setInterval>
  #timer: ReturnType<typeof setTimeout> | null = null
  #heard = true

  /** @param pool of the ticket */
  constructor(address: EgressAddress, pool: string) {
    this.#address = address
    this.#headers = { authorization: `Bearer ${address.key}`, [POOL_HEADER]: encodeURIComponent(pool) }
    this.#readyMs = address.readyMs ?? READY_MS
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
    clearTimeout(this.#timer)
    this.#controller.abort()
  }

  /** Whether the egress is there and would take a ticket. That it is not is logged: the operator has to know. */
  async ask(): Promise<Readiness> {
    let problem: unknown
    for (let attempt = 1; attempt <= READY_ATTEMPTS; attempt++) {
      const startedAt = Date.now()
      try {
        const readiness = await this.#askOnce()
        if (typeof readiness !== 'string') return readiness
        problem = readiness
        break
      } catch (error) {
        problem = error
        // A stale connection breaks at once; who let us wait would do so again.
        if (Date.now() - startedAt >= this.#readyMs) break
      }
    }
    console.error(`the egress at ${this.#address.url} takes no ticket: ${problem}`)
    return { kind: 'gone' }
  }

  /** @returns what it says when that is neither yes nor "in a while" @throws when it says nothing */
  async #askOnce(): Promise<Readiness | string> {
    const patience = new AbortController()
    const timer = setTimeout(() => patience.abort(), this.#readyMs)
    try {
      const signal = AbortSignal.any([this.#controller.signal, patience.signal])
      const response = await this.#fetch(READY_PATH, { method: 'GET', signal })
      if (response.status === 204) return { kind: 'ready' }
      const problem = await readProblem(response)
      const waitMs = busyForMs(response)
      return waitMs === null ? problem : { kind: 'busy', waitMs }
    } finally {
      clearTimeout(timer)
    }
  }

  /** @throws when no answer came; whether the egress has the ticket is then unknown */
  async post(ticket: Uint8Array<ArrayBuffer>): Promise<Response> {
    this.#endAfter(this.#address.talkMs ?? TALK_MS)
    const signal = this.#controller.signal
    return await this.#fetch(DELIVER_PATH, { method: 'POST', body: ticket, signal })
  }

  /**
   * Reads the answer's body line by line.
   *
   * @param onLine gets each line without its line feed; says whether more is expected. When not, it gets no more
   * @throws when the body breaks off, the egress falls silent, or a line has no end
   */
  async readLines(response: Response, onLine: (line: string) => boolean): Promise<void> {
    const decoder = new TextDecoder()
    let rest = ''
    let isOver = false
    for await (const chunk of response.body ?? []) {
      this.#heard = true
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > MAX_LINE_CHARS) throw new Error('a line without end')
      for (const line of lines) {
        if (isOver) continue
        isOver = !onLine(line)
        if (isOver) this.#endAfter(LAST_WORDS_MS)
      }
    }
  }

  #endAfter(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#controller.abort(), ms)
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const how: RequestInit = { ...init, headers: this.#headers, redirect: 'manual' }
    const url = this.#base + path
    const { binding } = this.#address
    const response = binding === undefined ? await fetch(url, how) : await binding.fetch(url, how)
    this.#heard = true
    return response
  }
}

/** For the log. Read, because only then is the connection used again. */
export async function readProblem(response: Response): Promise<string> {
  return `${response.status} ${await readBeginning(response, MAX_PROBLEM_BYTES)}`
}

/** How long an egress that is well asks us to wait; null: this is no such answer. */
export function busyForMs({ status, headers }: Response): number | null {
  if (status !== BUSY_STATUS || !headers.has(REFUSED_HEADER)) return null
  const seconds = Number(headers.get('retry-after') ?? DEFAULT_WAIT_SECONDS)
  return 1000 * (seconds > 0 && seconds < 60 ? seconds : DEFAULT_WAIT_SECONDS)
}
