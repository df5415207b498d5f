/** Cursors of lists: where the next page starts, in a form that survives a URL and that nobody builds by hand. */
import { base64url } from 'jose'
import { ApiProblem } from './problem.ts'

export function encodeCursor(position: string): string {
  return base64url.encode(position)
}

/** @throws ApiProblem `invalid_cursor` */
export function decodeCursor(cursor: string): string {
  try {
    const position = new TextDecoder().decode(base64url.decode(cursor))
    if (encodeCursor(position) === cursor) return position
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
  throw new ApiProblem('invalid_cursor', 'Send the next_cursor of the page before, as it was, or none.', {
    param: 'cursor',
  })
}
