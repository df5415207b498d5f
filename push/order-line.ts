/**
 * One line of ordered sends: whose turn it is, who waits, and which number each push carries. Plain values in, plain
 * values out, `now` an argument. The shell is durable-objects/order.ts.
 */

/** A send that stands in the line. */
export interface Place {
  readonly notificationId: string
  /** The `fanfare_seq` of its pushes in this line. */
  readonly sequence: number
  /** Epoch ms at which the send is no longer worth delivering. */
  readonly expiresAt: number
}

export interface OrderLine {
  /** The last number that was given out. */
  readonly last: number
  /** In the order of acceptance. The first has the turn. */
  readonly places: readonly Place[]
}

/** A line that stands still takes no more than this: 100 kB, rewritten with every change. */
export const MOST_PLACES = 1_000

/**
 * A send that has expired leaves by itself when its last lease is settled; a consumer may live for 15 minutes. One that
 * is still there after that is broken, and does not hold up the others any longer.
 */
export const OVERDUE_MS = 15 * 60 * 1000

/**
 * Takes a send into the line, at its end. One that is in it keeps its place. Numbers grow with every place, and are
 * milliseconds where that is no more than the clock says: then they also sort what a device gets from several lines.
 *
 * @returns `place` null: the line is full
 */
export function enterLine(
  line: OrderLine,
  { notificationId, expiresAt }: Omit<Place, 'sequence'>,
  now: number,
): { readonly line: OrderLine; readonly place: Place | null } {
  const known = line.places.find((place) => place.notificationId === notificationId)
  if (known) return { line, place: known }
  if (line.places.length >= MOST_PLACES) return { line, place: null }
  const place = { notificationId, sequence: Math.max(line.last + 1, now), expiresAt }
  return { line: { last: place.sequence, places: [...line.places, place] }, place }
}

/** The send is done, canceled or gone. One that is not in the line changes nothing. */
export function leaveLine(line: OrderLine, notificationId: string): OrderLine {
  const places = line.places.filter((place) => place.notificationId !== notificationId)
  return places.length === line.places.length ? line : { ...line, places }
}

/** Without those that ought to have left long ago. */
export function dropOverdue(line: OrderLine, now: number): OrderLine {
  const places = line.places.filter(({ expiresAt }) => now < expiresAt + OVERDUE_MS)
  return places.length === line.places.length ? line : { ...line, places }
}

/** Whose turn it is; null: nobody is in the line. */
export function headOf({ places }: OrderLine): Place | null {
  return places[0] ?? null
}
