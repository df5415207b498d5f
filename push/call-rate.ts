/** How many calls a second there are, measured over windows of fixed length. Pure: the clock is an argument. */

/**
 * Long enough that a burst is not taken for a rate, short enough that a shard is not overrun for long: one that is too
 * busy turns callers away.
 */
const WINDOW_MS = 10_000

export interface CallRate {
  readonly windowStartedAt: number
  /** Since the window began. */
  readonly calls: number
  /** In the last full window; 0 when there was none. */
  readonly perSecond: number
}

export const NO_CALLS: CallRate = { windowStartedAt: 0, calls: 0, perSecond: 0 }

/** Counts one call. @param now epoch ms */
export function countCall(rate: CallRate, now: number): CallRate {
  const elapsedMs = now - rate.windowStartedAt
  if (elapsedMs >= 0 && elapsedMs < WINDOW_MS) return { ...rate, calls: rate.calls + 1 }
  // After a pause, or when the clock was set back, there is no full window to speak of.
  const known = elapsedMs > 0 && elapsedMs < 2 * WINDOW_MS
  return { windowStartedAt: now, calls: 1, perSecond: known ? (rate.calls * 1000) / elapsedMs : 0 }
}
