/**
 * Which generation of connections a pool is at, as far as this isolate knows. A push service that refuses a good
 * credential may have bound the connection to another one; the next ticket then asks the egress for new connections.
 */

/** A few bytes each. Forgetting them costs nothing: the egress ignores a generation that is not later. */
const GENERATIONS_KEPT = 1_000

const generations = new Map<string, number>()

/** 0 while nothing was held against the pool's connections. */
export function generationOf(pool: string): number {
  return generations.get(pool) ?? 0
}

/** @param now epoch ms, so that isolates that know nothing of each other agree on what is later */
export function startGeneration(pool: string, now: number): void {
  if (generations.size >= GENERATIONS_KEPT) generations.clear()
  generations.set(pool, now)
}
