/**
 * All pools: one for each name and origin, made when it is first needed and forgotten when it has long been idle or
 * makes room for another. Holds the one timer by which deadlines are kept, so that no request needs one of its own.
 */
import type { SecureContext } from 'node:tls'
import type { Exchange, Patience } from './exchange.ts'
import { type Redirections, targetOf } from './open-tls.ts'
import { Pool } from './pool.ts'
import type { Tally } from './tally.ts'

/** Deadlines are kept to a twentieth of themselves. */
const SWEEPS_PER_DEADLINE = 20

/** With a connection each, well under the open files that a process usually may have (1,024). */
const DEFAULT_MAX_POOLS = 500

export interface PoolsOptions {
  readonly redirections: Redirections
  readonly secureContext: SecureContext
  readonly patience: Patience
  readonly tally: Tally
  readonly maxPools?: number
}

/** Whose connections a ticket's requests take. */
export interface PoolName {
  readonly pool: string
  readonly generation: number
}

export class Pools {
  readonly #options: PoolsOptions
  readonly #maxPools: number
  /** The one that was longest not used comes first. */
  readonly #pools = new Map<string, Pool>()
  readonly #sweeper: NodeJS.Timeout

  constructor(options: PoolsOptions) {
    this.#options = options
    this.#maxPools = options.maxPools ?? DEFAULT_MAX_POOLS
    this.#sweeper = setInterval(() => this.#sweep(), options.patience.answerMs / SWEEPS_PER_DEADLINE)
  }

  /** Sends exchanges on their way, each to its origin, over connections that only this pool uses. */
  dispatch(name: PoolName, exchanges: Iterable<readonly [origin: string, exchange: Exchange]>): void {
    const offered = new Map<string, Pool | null>()
    for (const [origin, exchange] of exchanges) {
      let pool = offered.get(origin)
      if (pool === undefined) {
        pool = this.#poolOf(name, origin)
        offered.set(origin, pool)
      }
      if (pool !== null) pool.offer(exchange)
      else exchange.answer({ kind: 'no_answer', sent: 'no', reason: 'connect_failed' })
    }
    for (const pool of offered.values()) pool?.pump()
  }

  /** How full it is: sums over all pools. */
  levels() {
    let [waiting, underWay] = [0, 0]
    const connections = new Map<string, number>()
    for (const pool of this.#pools.values()) {
      waiting += pool.waiting
      underWay += pool.underWay
      connections.set(pool.authority, (connections.get(pool.authority) ?? 0) + pool.connections)
    }
    return { pools: this.#pools.size, waiting, underWay, connections }
  }

  /** Starts nothing any more; what is under way goes on. */
  end(): void {
    for (const pool of this.#pools.values()) pool.end()
  }

  /** Ends everything now. */
  destroy(): void {
    clearInterval(this.#sweeper)
    for (const pool of this.#pools.values()) pool.destroy()
  }

  /** Null when there is no room for another pool, because all are in use. */
  #poolOf({ pool: name, generation }: PoolName, origin: string): Pool | null {
    const key = `${origin} ${name}`
    const pool = this.#pools.get(key) ?? this.#makePool(origin)
    if (pool === null) return null
    this.#pools.delete(key)
    this.#pools.set(key, pool)
    pool.renew(generation, performance.now())
    return pool
  }

  #makePool(origin: string): Pool | null {
    if (this.#pools.size >= this.#maxPools && !this.#makeRoom()) return null
    const { redirections, patience, secureContext, tally } = this.#options
    return new Pool({
      target: targetOf(origin, redirections),
      secureContext: origin.startsWith('https:') ? secureContext : null,
      patience,
      tally,
    })
  }

  /** Closes the idle pool that was longest not used. */
  #makeRoom(): boolean {
    for (const [key, pool] of this.#pools) {
      if (!pool.isIdle) continue
      pool.retire()
      this.#pools.delete(key)
      return true
    }
    return false
  }

  #sweep(): void {
    const now = performance.now()
    for (const [key, pool] of this.#pools) {
      pool.sweep(now)
      if (pool.isForgettable(now)) this.#pools.delete(key)
    }
  }
}
