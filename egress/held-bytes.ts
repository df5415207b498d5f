/**
 * How many bytes of tickets and of unread answers the egress holds, and how many it may: what is refused at the door
 * is certainly unsent, what the kernel takes out of memory is in doubt. Bookkeeping only.
 */

export class HeldBytes {
  readonly #max: number
  #now = 0

  constructor(max: number) {
    this.#max = max
  }

  get now(): number {
    return this.#now
  }

  /** An egress that holds nothing takes anything: what is too large by itself has a limit of its own. */
  hasRoomFor(bytes: number): boolean {
    return this.#now === 0 || this.#now + bytes <= this.#max
  }

  change(by: number): void {
    this.#now += by
  }
}

/** What one ticket holds: first its body, then what it unpacks to, then the answers that nobody has read. */
export class Hold {
  readonly #held: HeldBytes
  #bytes = 0
  #isReleased = false

  constructor(held: HeldBytes, bytes: number) {
    this.#held = held
    this.change(bytes)
  }

  /** Makes it so many bytes; false, and nothing is changed, when there is no room for them. */
  resize(bytes: number): boolean {
    const before = this.#bytes
    this.change(-before)
    const fits = this.#held.hasRoomFor(bytes)
    this.change(fits ? bytes : before)
    return fits
  }

  /** Answers come whether there is room or not: they only keep the door shut for longer. */
  change(by: number): void {
    if (this.#isReleased) return
    this.#bytes += by
    this.#held.change(by)
  }

  /** For good. */
  release(): void {
    this.change(-this.#bytes)
    this.#isReleased = true
  }
}
