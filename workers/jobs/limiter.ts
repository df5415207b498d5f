/**
 * A number of places, shared by everything in one invocation that wants to go out: Cloudflare lets six outgoing
 * connections wait for headers, and local workerd does not enforce it, so the limit is ours. Those who wait are let
 * in in the order in which they came.
 */
export class Limiter {
  /** How many may be inside at once. */
  readonly places: number
  #free: number
  readonly #waiting: (() => void)[] = []

  /** @param places at least 1 */
  constructor(places: number) {
    if (!(places >= 1)) throw new RangeError(`a limiter needs at least one place, not ${places}`)
    this.places = places
    this.#free = places
  }

  /** Resolves when there is a place. Whoever enters must {@link leave}, also after an error. */
  async enter(): Promise<void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
