/** Calls something again and again, a fixed number of calls in flight, and measures each. */

export interface Load {
  /** How long each call took, in the order in which they ended. */
  readonly latenciesMs: readonly number[]
  readonly perSecond: number
}

export async function load(call: () => Promise<unknown>, times: number, inFlight: number): Promise<Load> {
  const latenciesMs: number[] = []
  const startedAt = performance.now()
  let left = times
  const work = async () => {
    while (left-- > 0) {
      const calledAt = performance.now()
      await call()
      latenciesMs.push(performance.now() - calledAt)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, work))
  return { latenciesMs, perSecond: Math.round((times * 1000) / (performance.now() - startedAt)) }
}
