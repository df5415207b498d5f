/**
 * The connections of one pool to one origin, and the exchanges that wait for them. Wants connections when they are
 * needed, several when one is not enough. Where the host cannot be reached, what waits is given back unsent, because
 * whether and when to try again is the ledger's decision.
 */
import type { SecureContext, TLSSocket } from 'node:tls'
import type { NoAnswerReason } from '../push/outcome.ts'
import { Connector, type ConnectorOwner } from './connector.ts'
import type { Carrier, CarrierOwner, Exchange, Patience } from './exchange.ts'
import { Http1Carrier } from './http1.ts'
import { Http2Session } from './http2/session.ts'
import type { Target } from './open-tls.ts'
import type { Tally } from './tally.ts'
import { Turns } from './turns.ts'

/**
 * Connections of one pool. Google takes 100 streams on each: eight of them carry its default quota of 10,000 a second
 * at 80 ms.
 */
const MAX_CONNECTIONS = 8
/** Many tickets complain of the same connections at the same time; one new connection answers them all. */
const RENEWALS_APART_MS = 5_000

export interface PoolOptions {
  readonly target: Target
  /** Null for plain http. */
  readonly secureContext: SecureContext | null
  readonly patience: Patience
  readonly tally: Tally
}

export class Pool implements CarrierOwner, ConnectorOwner {
  readonly #options: PoolOptions
  readonly #connector: Connector
  readonly #queue = new Turns<Exchange>()
  /** Those that take new exchanges. */
  readonly #open = new Set<Carrier>()
  /** Those that only wait for their last answers. */
  readonly #leaving = new Set<Carrier>()
  /** Known at once for plain http, after the first connection for https. */
  #isHttp1: boolean
  /** Nothing is started any more. */
  #isEnding = false
  #generation = 0
  #renewedAt = Number.NEGATIVE_INFINITY

  constructor(options: PoolOptions) {
    this.#options = options
    this.#connector = new Connector(options.target, this, options.tally)
    this.#isHttp1 = options.secureContext === null
  }

  get authority(): string {
    return this.#options.target.authority
  }

  /** Exchanges that wait for their turn. */
  get waiting(): number {
    return this.#queue.size
  }

  /** Exchanges that were started and are not answered. */
  get underWay(): number {
    return this.#sum('underWay')
  }

  get connections(): number {
    return this.#sum('connections')
  }

  /** Nothing waits and nothing is under way: closing the pool disturbs nobody. */
  get isIdle(): boolean {
    return this.waiting === 0 && this.underWay === 0
  }

  /** Nothing waits, nothing is open: the pool may be forgotten. */
  isForgettable(now: number): boolean {
    const carriers = this.#open.size + this.#leaving.size
    return this.waiting === 0 && carriers === 0 && !this.#connector.isOpening && !this.#connector.isResting(now)
  }

  /**
   * Lets go of the open connections if the generation is a later one than any before: Apple binds a connection to a
   * team and a key, and refuses good credentials on one that is bound to others.
   */
  renew(generation: number, now: number): void {
    if (generation <= this.#generation) return
    this.#generation = generation
    if (now - this.#renewedAt < RENEWALS_APART_MS) return
    this.#renewedAt = now
    for (const carrier of this.#open) this.#letGo(carrier)
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
    if (this.#connector.isResting(now)) this.#giveBack('connect_failed')
    else this.#connect(now)
  }

  sweep(now: number): void {
    const { connectMs, crowdedMs, queueMs } = this.#options.patience
    this.#connector.sweep(now, connectMs)
    for (const carrier of [...this.#open, ...this.#leaving]) carrier.sweep(now)
    for (let oldest = this.#queue.oldest; oldest && now - oldest.queuedAt > queueMs; oldest = this.#queue.oldest) {
      this.#giveBackOldest('timeout')
    }
    const waitedMs = now - (this.#queue.oldest?.queuedAt ?? now)
    if (waitedMs > crowdedMs && !this.#isHttp1 && !this.#connector.isResting(now)) this.#connect(now)
    this.#closeIdle(now)
    this.pump()
  }

  /** Starts nothing any more: what waits is given back unsent, what is under way goes on. */
  end(): void {
    this.#isEnding = true
    this.pump()
    this.#connector.end()
  }

  /** Gives back what waits, ends every connection when what is under way on it is answered. */
  retire(): void {
    this.end()
    for (const carrier of this.#open) this.#letGo(carrier)
  }

  /** Ends every connection now. What is under way is answered as lost. */
  destroy(): void {
    this.end()
    for (const carrier of [...this.#open, ...this.#leaving]) carrier.destroy()
  }

  onConnected(socket: TLSSocket, speaksHttp2: boolean): void {
    const { target, patience } = this.#options
    this.#isHttp1 = !speaksHttp2
    if (speaksHttp2) this.#open.add(new Http2Session(socket, target.authority, this, patience, performance.now()))
    else socket.destroy()
    this.pump()
  }

  onUnreachable(): void {
    if (this.#open.size === 0) this.#giveBack('connect_failed')
  }

  onRoom(): void {
    if (this.#queue.size > 0) this.pump()
  }

  onLeaving(carrier: Carrier, worked: boolean): void {
    // One that we let go ourselves is not among the open ones any more.
    if (!this.#open.delete(carrier)) return
    this.#leaving.add(carrier)
    if (worked) this.#connector.noteSuccess()
    else this.#connector.noteFailure('it ended before it was of use')
    this.pump()
  }

  onGoaway(): void {
    this.#options.tally.goaways.add(this.authority)
  }

  onEnd(carrier: Carrier): void {
    this.#leaving.delete(carrier)
    if (carrier instanceof Http2Session) this.#options.tally.closed.add(this.authority)
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
    if (this.#open.size < MAX_CONNECTIONS) this.#connector.open(secureContext, now)
  }

  #giveBack(reason: NoAnswerReason): void {
    while (this.#queue.size > 0) this.#giveBackOldest(reason)
  }

  #giveBackOldest(reason: NoAnswerReason): void {
    this.#queue.takeOldest()?.answer({ kind: 'no_answer', sent: 'no', reason })
  }

  #closeIdle(now: number): void {
    const { spareIdleMs, lastIdleMs } = this.#options.patience
    for (const carrier of this.#open) {
      const idleMs = now - (carrier.idleSince ?? now)
      if (idleMs < (this.#open.size > 1 ? spareIdleMs : lastIdleMs)) continue
      this.#letGo(carrier)
    }
  }

  /** It takes nothing new and ends when what is under way on it is answered. */
  #letGo(carrier: Carrier): void {
    this.#open.delete(carrier)
    this.#leaving.add(carrier)
    carrier.close()
  }

  #sum(what: 'underWay' | 'connections'): number {
    let sum = 0
    for (const carrier of this.#open) sum += carrier[what]
    for (const carrier of this.#leaving) sum += carrier[what]
    return sum
  }
}
