/**
 * A bounded memory of values that are true for a while. What every cache of an isolate is made of, so that each has
 * an explicit lifetime and none can grow without end. The clock is an argument; nothing here asks for a value again.
 */

interface Entry<V> {
  readonly value: V
  /** Epoch ms. */
  readonly addedAt: number
}

export class ExpiringMap<V> {
  /** In the order in which they were added, which is also the order in which they expire. */
  readonly #entries = new Map<string, Entry<V>>()
  readonly #lifeMs: number
  readonly #most: number
  #deletions = 0

  /** @param bounds how long a value may be used after it was added, and the most values that are kept */
  constructor({ lifeMs, most }: { readonly lifeMs: number; readonly most: number }) {
    this.#lifeMs = lifeMs
    this.#most = most
  }

  /** The value, unless it was never added, has fallen out, or is too old. @param now epoch ms */
  get(key: string, now: number): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (this.#isFresh(entry, now)) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  /** Adds a value, or replaces it and begins its life anew. When there are too many, the one added first falls out. */
  set(key: string, value: V, now: number): void {
    this.#entries.delete(key)
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size < this.#most && this.#isFresh(entry, now)) break
      this.#entries.delete(oldest)
    }
    this.#entries.set(key, { value, addedAt: now })
  }

  /** The value is not true any more. */
  delete(key: string): void {
    this.#entries.delete(key)
    this.#deletions++
  }

  clear(): void {
    this.#entries.clear()
    this.#deletions++
  }

  /**
   * Grows with every deletion. Whoever looks a value up and adds it compares: if something was deleted meanwhile, what
   * was found may be what was deleted.
   */
  get deletions(): number {
    return this.#deletions
  }

  /** How many are kept, some of them perhaps too old to be used. */
  get size(): number {
    return this.#entries.size
  }

  /** What was added later than now was added before the clock was set back: its age is unknown. */
  #isFresh({ addedAt }: Entry<V>, now: number): boolean {
    return addedAt <= now && now - addedAt < this.#lifeMs
  }
}
