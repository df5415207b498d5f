/**
 * What an isolate remembers of an egress that could not be reached: for a moment nobody asks it, so that not every
 * ticket waits for a dead host. Only where there is another way out; who waits for the egress asks each time.
 */

/** An egress that is started again is found within this time; a dead one costs one ticket a wait in it. */
const OUTAGE_MS = 5_000

export class Outages {
  /** By URL, epoch ms: before it nobody asks. */
  readonly #askAt = new Map<string, number>()

  /** Whether to ask now. After an outage one asks again, and the others wait for what it finds. */
  mayAsk(url: string, now: number): boolean {
    const askAt = this.#askAt.get(url)
    if (askAt === undefined) return true
    if (now < askAt) return false
    this.noteGone(url, now)
    return true
  }

  noteGone(url: string, now: number): void {
    this.#askAt.set(url, now + OUTAGE_MS)
  }

  noteThere(url: string): void {
    this.#askAt.delete(url)
  }
}
