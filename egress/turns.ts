/**
 * What waits for connections, in lines that take turns: one line a ticket. A ticket of one, which somebody waits for,
 * leaves after one exchange of each other ticket, and not after all of a campaign.
 */
import { Queue } from './queue.ts'

export interface Waiting {
  /** Which line it stands in: compared by identity. */
  readonly ticket: object
  /** Milliseconds of performance.now. */
  readonly queuedAt: number
}

export class Turns<T extends Waiting> {
  /** Whose turn comes first stands first. None is empty. */
  readonly #lines = new Map<object, Queue<T>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The one that has waited longest. Looks at every line. */
  get oldest(): T | undefined {
    let oldest: T | undefined
    for (const { first } of this.#lines.values()) {
      if (first !== undefined && (oldest === undefined || first.queuedAt < oldest.queuedAt)) oldest = first
    }
    return oldest
  }

  push(item: T): void {
    let line = this.#lines.get(item.ticket)
    if (line === undefined) {
      line = new Queue()
      this.#lines.set(item.ticket, line)
    }
    line.push(item)
    this.#size++
  }

  /** The first of the line whose turn it is. */
  take(): T | undefined {
    for (const [ticket, line] of this.#lines) {
      this.#lines.delete(ticket)
      const item = this.#takeFrom(line)
      if (line.size > 0) this.#lines.set(ticket, line)
      return item
    }
    return undefined
  }

  /** {@link oldest}, whosever turn it is. */
  takeOldest(): T | undefined {
    const { oldest } = this
    const line = oldest && this.#lines.get(oldest.ticket)
    if (!line) return undefined
    const item = this.#takeFrom(line)
    if (line.size === 0) this.#lines.delete(oldest.ticket)
    return item
  }

  #takeFrom(line: Queue<T>): T | undefined {
    this.#size--
    return line.take()
  }
}
