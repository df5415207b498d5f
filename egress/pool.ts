/**
 * The connections of one pool to one origin, and the exchanges that wait for them. Opens connections when they are
 * needed, several when one is not enough, and leaves a host alone for a while that cannot be reached: what waits is
 * given back unsent then, because whether and when to try again is the ledger's decision.
 */
import type { SecureContext, TLSSocket } from 'node:tls'
import type { NoAnswerReason } from '../push/outcome.ts'
import type { Carrier, CarrierOwner, Exchange, Patience } from './exchange.ts'
import { Http1Carrier } from './http1.ts'
import { Http2Session } from './http2/session.ts'
import { openTls, type Target } from './open-tls.ts'
import { Queue } from './queue.ts'
import { reconnectDelayMs } from './reconnect-delay.ts'

/**
 * Connections of one pool. Google takes 100 streams on each: eight of them carry its default quota of 10,000 a second
 * at 80 ms.
 */
const MAX_CONNECTIONS = 8
/** One more connection is opened when exchanges wait so long for their turn. */
const CROWDED_MS = 500
/** A connection that was opened for a crowd goes when it is over; the last one is kept, as Apple asks. */
const SPARE_IDLE_MS = 60_000
const LAST_IDLE_MS = 3_600_000

export interface PoolOptions {
  readonly target: Target
  /** Null for plain http. */
  readonly secureContext: SecureContext | null
  readonly patience: Patience
}

export class Pool implements CarrierOwner {
  readonly #options: PoolOptions
  readonly #queue = new Queue<Exchange>()
  /** Those that take new exchanges. */
  readonly #open = new Set<Carrier>()
  /** Those that only wait for their last answers. */
  readonly #leaving = new Set<Carrier>()
  /** Known at once for plain http, after the first connection for https. */
  #isHttp1: boolean
  /** Nothing is started any more. */
  #isEnding = false
  #opening: { readonly socket: TLSSocket; readonly since: number } | null = null
  #failures = 0
  #retryAt = 0

  constructor(options: PoolOptions) {
    this.#options = options
    this.#isHttp1 = options.secureContext === null
  }

  /** Nothing waits, nothing is open: the pool may be forgotten. */
  isForgettable(now: number): boolean {
    const connections = this.#open.size + this.#leaving.size
    return this.#queue.size === 0 && connections === 0 && this.#opening === null && now >= this.#retryAt
  }

  /** Puts an exchange in the queue. Call {@link pump} after the last one. */
  offer(exchange: Exchange): void {
    this.#queue.push(exchange)
  }

  /** Starts as many exchanges as there is room for. */
  pump(): void {
    if (this.#isEnding) this.#giveBack('egress_lost')
    const now = performance.now()
    for (const carrier of this.#open) {
      while (carrier.room > 0) {
        const exchange = this.#take()
        if (exchange === undefined) return
        carrier.start(exchange, now)
      }
    }
    if (this.#queue.size === 0 || this.#open.size > 0) return
    if (now < this.#retryAt) this.#giveBack('connect_failed')
    else this.#connect(now)
  }

  sweep(now: number): void {
    const { connectMs, queueMs } = this.#options.patience
    if (this.#opening !== null && now - this.#opening.since > connectMs) this.#opening.socket.destroy()
    for (const carrier of [...this.#open, ...this.#leaving]) carrier.sweep(now)
    for (let first = this.#queue.first; first && now - first.queuedAt > queueMs; first = this.#queue.first) {
      this.#giveBackFirst('timeout')
    }
    const waitedMs = now - (this.#queue.first?.queuedAt ?? now)
    if (waitedMs > CROWDED_MS && now >= this.#retryAt && !this.#isHttp1) this.#connect(now)
    this.#closeIdle(now)
    this.pump()
  }

  /** Starts nothing any more: what waits is given back unsent, what is under way goes on. */
  end(): void {
    this.#isEnding = true
    this.pump()
  }

  /** Ends every connection now. What is under way is answered as lost. */
  destroy(): void {
    this.end()
    this.#opening?.socket.destroy()
    for (const carrier of [...this.#open, ...this.#leaving]) carrier.destroy()
  }

  onRoom(): void {
    if (this.#queue.size > 0) this.pump()
  }

  onLeaving(carrier: Carrier, worked: boolean): void {
    // One that we let go ourselves is not among the open ones any more.
    if (!this.#open.delete(carrier)) return
    this.#leaving.add(carrier)
    if (worked) this.#failures = 0
    else this.#failed('it ended before it was of use')
    this.pump()
  }

  onEnd(carrier: Carrier): void {
    this.#leaving.delete(carrier)
  }

  #take(): Exchange | undefined {
    for (let exchange = this.#queue.take(); exchange; exchange = this.#queue.take()) {
      if (exchange.askLeave() === 'now') return exchange
    }
    return undefined
  }

  #connect(now: number): void {
    const { target, secureContext, patience } = this.#options
    if (this.#isHttp1 || secureContext === null) {
      this.#open.add(new Http1Carrier(target, secureContext, this, patience, now))
      this.pump()
      return
    }
    if (this.#opening !== null || this.#open.size >= MAX_CONNECTIONS) return
    const onOpen = (socket: TLSSocket, speaksHttp2: boolean) => {
      this.#opening = null
      this.#isHttp1 = !speaksHttp2
      if (speaksHttp2) this.#open.add(new Http2Session(socket, target.authority, this, patience, performance.now()))
      else socket.destroy()
      this.pump()
    }
    const onFail = (cause: string) => {
      this.#opening = null
      this.#failed(cause)
    }
    this.#opening = { socket: openTls(target, secureContext, onOpen, onFail), since: now }
  }

  #failed(cause: string): void {
    if (!this.#isEnding) console.warn(`no connection to ${this.#options.target.authority}: ${cause}`)
    this.#failures++
    this.#retryAt = performance.now() + reconnectDelayMs(this.#failures, Math.random())
    if (this.#open.size === 0) this.#giveBack('connect_failed')
  }

  #giveBack(reason: NoAnswerReason): void {
    while (this.#queue.size > 0) this.#giveBackFirst(reason)
  }

  #giveBackFirst(reason: NoAnswerReason): void {
    this.#queue.take()?.answer({ kind: 'no_answer', sent: 'no', reason })
  }

  #closeIdle(now: number): void {
    for (const carrier of this.#open) {
      const idleMs = now - (carrier.idleSince ?? now)
      if (idleMs < (this.#open.size > 1 ? SPARE_IDLE_MS : LAST_IDLE_MS)) continue
      this.#open.delete(carrier)
      this.#leaving.add(carrier)
      carrier.close()
    }
  }
}
