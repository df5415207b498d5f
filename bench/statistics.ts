/** The arithmetic of the benchmarks. Pure. */

/** The middle value; of an even number of values, the mean of the two in the middle. @throws RangeError on none */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('nothing has no median')
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/**
 * The smallest value that at least this share of the values does not exceed (nearest rank: always a value that was
 * measured).
 *
 * @param share above 0, at most 1
 * @throws RangeError on none
 */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('nothing has no percentiles')
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(Math.ceil(share * sorted.length), 1) - 1]!
}

/** How two contestants compare. */
export interface Ratio {
  /** The median of the pairs: what counts. A machine that slows down or speeds up meanwhile does so in both of a pair. */
  readonly typical: number
  /** Of each two runs that were made one right after the other. */
  readonly byPair: readonly number[]
}

/** Ours over theirs, round by round. @throws RangeError when runs have no partner */
export function compare(ours: readonly number[], theirs: readonly number[]): Ratio {
  if (ours.length !== theirs.length) throw new RangeError(`${ours.length} runs against ${theirs.length} make no pairs`)
  const byPair = ours.map((value, index) => value / theirs[index]!)
  return { typical: median(byPair), byPair }
}
