/** What the egress has done since it started. Counts only; metrics.ts says what they mean. */

/** Numbers that only grow, one for each value of a label. */
export class Counter {
  readonly #counts = new Map<string, number>()

  add(label: string): void {
    this.#counts.set(label, (this.#counts.get(label) ?? 0) + 1)
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts
  }
}

export class Tally {
  /** By the code of the refusal. */
  readonly refused = new Counter()
  /** By class of status, or by whether what has no answer was sent. */
  readonly answers = new Counter()
  /** HTTP/2 connections, by host. */
  readonly opened = new Counter()
  readonly closed = new Counter()
  /** Attempts that came to nothing, by host. */
  readonly failed = new Counter()
  /** By host. */
  readonly goaways = new Counter()
}
