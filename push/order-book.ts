/**
 * What a notification knows of the lines that it stands in: one for its topic, or one for each user that it goes to.
 * Plain values in, plain values out. The lines themselves are order-line.ts; who asks them is
 * durable-objects/notification-lines.ts.
 */

/** How it stands in one line. */
export interface Standing {
  /** The `fanfare_seq` of its pushes in this line; null: the line has not answered yet. */
  readonly sequence: number | null
  /** It may send. */
  readonly turn: boolean
  /** Of a direct send, the tickets that were let go when the turn came; null: they wait. */
  readonly tickets: readonly number[] | null
  /** It is done here, and the line knows. */
  readonly left: boolean
}

/** By the name of the line within the app. */
export type OrderBook = Readonly<Record<string, Standing>>

const NEW_STANDING: Standing = { sequence: null, turn: false, tickets: null, left: false }

/** The name of a topic's line. */
export function topicLine(topic: string): string {
  return `topic/${topic}`
}

/**
 * The name of the line of a user, or of a device without one. It is named by the slot, which all devices of a person
 * share: two people who share one by chance (1 in 4 billion) wait for each other, and nothing else happens to them.
 */
export function slotLine(slot: number): string {
  return `slot/${slot}`
}

/** Adds lines that it is going to enter. */
export function addLines(book: OrderBook, names: Iterable<string>): OrderBook {
  const added = [...names].filter((name) => !(name in book)).map((name) => [name, NEW_STANDING])
  return added.length === 0 ? book : { ...book, ...Object.fromEntries(added) }
}

/** A line said which number it has there, and perhaps that it is its turn. A turn is never taken back. */
export function hear(book: OrderBook, name: string, said: { sequence: number; turn: boolean }): OrderBook {
  const standing = book[name]
  if (!standing || standing.left) return book
  const { sequence } = said
  const turn = standing.turn || said.turn
  if (standing.sequence === sequence && standing.turn === turn) return book
  return { ...book, [name]: { ...standing, sequence, turn } }
}

/** The tickets of a line that has the turn are on their way. */
export function letGo(book: OrderBook, name: string, tickets: readonly number[]): OrderBook {
  const standing = book[name]
  return standing ? { ...book, [name]: { ...standing, tickets } } : book
}

/** These lines know that it has left. */
export function leave(book: OrderBook, names: readonly string[]): OrderBook {
  const left = names.filter((name) => name in book).map((name) => [name, { ...book[name]!, left: true }])
  return { ...book, ...Object.fromEntries(left) }
}

/** The lines that have not answered at all. */
export function unheard(book: OrderBook): string[] {
  return namesWhere(book, ({ sequence, left }) => sequence === null && !left)
}

/** The lines in which others are before it, as far as it knows. */
export function waiting(book: OrderBook): string[] {
  return namesWhere(book, ({ turn, left }) => !turn && !left)
}

/** The lines whose tickets wait though it is their turn. */
export function ready(book: OrderBook): string[] {
  return namesWhere(book, ({ turn, tickets, left }) => turn && tickets === null && !left)
}

/** The lines that it has not left. */
export function standingIn(book: OrderBook): string[] {
  return namesWhere(book, ({ left }) => !left)
}

/**
 * The lines whose tickets are all finished, and which do not know that yet.
 *
 * @param ticket only the line that it is in; null: all
 */
export function finished(book: OrderBook, ticket: number | null, isFinished: (ticket: number) => boolean): string[] {
  return namesWhere(book, ({ tickets, left }) => {
    if (left || tickets === null || (ticket !== null && !tickets.includes(ticket))) return false
    return tickets.every(isFinished)
  })
}

/** Whether it is its turn in some line, or the turn does not matter any more because there is no line to stand in. */
export function mayStart(book: OrderBook): boolean {
  const standings = Object.values(book)
  return standings.length === 0 || standings.some(({ turn }) => turn)
}

function namesWhere(book: OrderBook, holds: (standing: Standing) => boolean): string[] {
  return Object.entries(book).flatMap(([name, standing]) => (holds(standing) ? [name] : []))
}
