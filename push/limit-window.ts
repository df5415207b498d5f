/** Windows of a fixed length in which something is counted. Pure: the clock is an argument. */

/** A day of UTC. */
export const DAY_MS = 86_400_000

/** The window that counts now. */
export interface Period {
  /** Epoch ms; a multiple of the length. */
  readonly startsAt: number
  /** Nothing has been counted in it yet. */
  readonly isNew: boolean
}

/**
 * Which window counts now. A clock that goes back never begins a new one: by up to a window, the one that was begun goes
 * on until the clock has caught up; by more, it moves back with the clock and keeps what was counted in it.
 *
 * @param keptStartsAt epoch ms at which the window begins that counted last; null: none has
 */
export function periodAt(keptStartsAt: number | null, lengthMs: number, now: number): Period {
  const startsAt = Math.floor(now / lengthMs) * lengthMs
  if (keptStartsAt === null || startsAt > keptStartsAt) return { startsAt, isNew: true }
  return { startsAt: keptStartsAt - startsAt <= lengthMs ? keptStartsAt : startsAt, isNew: false }
}
