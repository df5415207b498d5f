/**
 * All pools: one for each name and origin, made when it is first needed and forgotten when it has long been idle. Holds
 * the one timer by which deadlines are kept, so that no request needs one of its own.
 */
import type { SecureContext } from 'node:tls'
import type { Exchange, Patience } from './exchange.ts'
import { type Redirections, targetOf } from './open-tls.ts'
import { Pool } from './pool.ts'

/** Deadlines are kept to a twentieth of themselves. */
const SWEEPS_PER_DEADLINE = 20

export interface PoolsOptions {
  readonly redirections: Redirections
  readonly secureContext: SecureContext
  readonly patience: Patience
}

export class Pools {
  readonly #options: PoolsOptions
  readonly #pools = new Map<string, Pool>()
  readonly #sweeper: NodeJS.Timeout

  constructor(options: PoolsOptions) {
    this.#options = options
    this.#sweeper = setInterval(() => this.#sweep(), options.patience.answerMs / SWEEPS_PER_DEADLINE)
  }

  get size(): number {
    return this.#pools.size
  }

  /** Sends exchanges on their way, each to its origin, over connections that only this pool uses. */
  dispatch(name: string, exchanges: Iterable<readonly [origin: string, exchange: Exchange]>): void {
    const offered = new Set<Pool>()
    for (const [origin, exchange] of exchanges) {
      const pool = this.#poolOf(name, origin)
      pool.offer(exchange)
      offered.add(pool)
    }
    for (const pool of offered) pool.pump()
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

  #poolOf(name: string, origin: string): Pool {
    const key = `${origin} ${name}`
    const known = this.#pools.get(key)
    if (known !== undefined) return known
    const { redirections, patience, secureContext } = this.#options
    const pool = new Pool({
      target: targetOf(origin, redirections),
      secureContext: origin.startsWith('https:') ? secureContext : null,
      patience,
    })
    this.#pools.set(key, pool)
    return pool
  }

  #sweep(): void {
    const now = performance.now()
    for (const [key, pool] of this.#pools) {
      pool.sweep(now)
      if (pool.isForgettable(now)) this.#pools.delete(key)
    }
  }
}
