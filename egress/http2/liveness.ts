/**
 * Whether the peer of a connection is still there, by when it was last heard. Pure: times are milliseconds of
 * performance.now, given by the caller.
 */
import type { Patience } from '../exchange.ts'

export class Liveness {
  readonly #patience: Patience
  #heardAt: number
  #askedAt: number | null = null

  constructor(patience: Patience, now: number) {
    this.#patience = patience
    this.#heardAt = now
  }

  heard(now: number): void {
    this.#heardAt = now
    this.#askedAt = null
  }

  /**
   * What to do about a silence: nothing, ask for a sign of life (it counts as asked then), or give the peer up.
   *
   * @param isBusy whether anything is expected of it
   */
  judge(now: number, isBusy: boolean): 'wait' | 'ask' | 'give up' {
    const { pingBusyMs, pingIdleMs, pongMs } = this.#patience
    if (this.#askedAt !== null) return now - this.#askedAt > pongMs ? 'give up' : 'wait'
    if (now - this.#heardAt <= (isBusy ? pingBusyMs : pingIdleMs)) return 'wait'
    this.#askedAt = now
    return 'ask'
  }
}
