/** Cuts a list into pieces that one call can carry. Pure. */

/** @param size of every piece but the last, which may be shorter; at least 1 */
export function* chunksOf<T>(rows: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < rows.length; from += size) yield rows.slice(from, from + size)
}
