/** How long to leave a host alone that could not be connected to. Pure. */

/** After the first failure: long enough that a restarting host is not hammered, short enough that nobody notices. */
const FIRST_DELAY_MS = 100
/** Bound of the doubling: a host that is back is found within this time. */
const LONGEST_DELAY_MS = 5_000

/**
 * Doubling with half of it drawn by lot, so that many egresses do not come back in step.
 *
 * @param failures in a row, at least 1
 * @param random in [0, 1)
 */
export function reconnectDelayMs(failures: number, random: number): number {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 16))
  return longest * (0.5 + random / 2)
}
