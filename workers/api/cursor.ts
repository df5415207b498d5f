/** Cursors of lists: where the next page starts, in a form that survives a URL and that nobody builds by hand. */
import { base64url } from 'jose'
import { ApiProblem } from './problem.ts'

/** A place in a notification's deliveries: `index of the ledger/ticket:ordinal`, or without the first. */
export const DELIVERY_CURSOR = /^(?:\d{1,5}\/)?(?:\d{1,9}:\d{1,4})?$/

export function encodeCursor(position: string): string {
  return base64url.encode(position)
}

/**
 * A page out of rows of which one more was asked for than it may have, and the cursor of the page after it.
 *
 * @param positionOf where the page after a row starts
 */
export function cutPage<Row>(
  rows: readonly Row[],
  limit: number,
  positionOf: (row: Row) => string,
): { readonly page: readonly Row[]; readonly next_cursor: string | null } {
  const page = rows.slice(0, limit)
  return { page, next_cursor: rows.length > limit ? encodeCursor(positionOf(page.at(-1)!)) : null }
}

/**
 * @param shape of this list's positions: the cursor of another list would begin this one anew, without a word
 * @throws ApiProblem `invalid_cursor`
 */
export function decodeCursor(cursor: string, shape?: RegExp): string {
  try {
    const position = new TextDecoder().decode(base64url.decode(cursor))
    if (encodeCursor(position) === cursor && (shape?.test(position) ?? true)) return position
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
  throw new ApiProblem('invalid_cursor', 'Send the next_cursor of the page before, as it was, or none.', {
    param: 'cursor',
  })
}
