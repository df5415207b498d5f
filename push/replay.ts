/**
 * Dead letters, and sending them again: who was given up, whom a replay takes, and what its own ticket looks like. Pure
 * decisions over one ticket; the rows are schema/ledger/, the steps durable-objects/open-replay.ts.
 *
 * A replay's ticket has the number, the range and the ordinals of the one that it repeats. Everybody of it who is not
 * sent to again is `outside`: their bits are set from the start, and they are not counted.
 */
import type { LedgerKind } from './ledger.ts'
import { type Exception, newTicket, type Ticket } from './ticket.ts'

/** A recipient by its place in a ledger. */
export interface Place {
  readonly ticket: number
  readonly ordinal: number
}

/** One ledger of which dead letters are sent again. */
export interface ReplayPiece {
  /** Name of the object that holds it. */
  readonly ledger: string
  /** Only these; null: all that were not sent again before. */
  readonly places: readonly Place[] | null
}

/** Dead letters of one notification that are sent again. Resolved when it is asked for. */
export interface Replay {
  readonly of: string
  /** The `fanfare_id` of its pushes: that of the notification that was sent first. */
  readonly pushId: string
  readonly kind: LedgerKind
  /** The topic that the first one was sent to; null: its recipients were named. */
  readonly topic: string | null
  readonly pieces: readonly ReplayPiece[]
  /** Dead letters that were asked for and open to it then, and those that an earlier replay had taken. */
  readonly recipients: number
  readonly skipped: number
}

/** A recipient that was given up. */
export interface DeadLetter {
  /** The notification that sends it again; null: nobody asked for that. */
  readonly replayedBy: string | null
}

type Row = Pick<Exception, 'ordinal' | 'status' | 'replayedBy'>
type Repeated = Pick<Ticket, 'size' | 'done' | 'restStatus' | 'restReplayedBy'>

/** The dead letter at a place; null: whoever is there was not given up. */
export function deadLetterAt(ticket: Repeated, row: Row | undefined, ordinal: number): DeadLetter | null {
  if (row !== undefined && row.status !== 'pending') return row.status === 'failed' ? row : null
  const failedWithRest = ticket.restStatus === 'failed' && ordinal < ticket.size && !ticket.done.has(ordinal)
  return failedWithRest ? { replayedBy: ticket.restReplayedBy } : null
}

/** What a replay takes of one ticket. */
export interface Taken {
  /** Whom it sends to again. */
  readonly ordinals: number[]
  /** Those of them who have a row of their own that says `failed`: it is marked. */
  readonly rows: number[]
  /** Those of them who failed with the rest. All of these at once are marked in the ticket, some by a row each. */
  readonly rest: number[]
  readonly wholeRest: boolean
}

/** @param asked null: everybody. Who is no dead letter, or was taken by an earlier replay, is left out */
export function takeDeadLetters(ticket: Repeated, rows: readonly Row[], asked: readonly number[] | null): Taken {
  const byOrdinal = new Map(rows.map((row) => [row.ordinal, row]))
  const candidates = asked === null ? Array(ticket.size).keys() : new Set(asked)
  const taken: Taken = { ordinals: [], rows: [], rest: [], wholeRest: asked === null }
  for (const ordinal of candidates) {
    const row = byOrdinal.get(ordinal)
    if (deadLetterAt(ticket, row, ordinal)?.replayedBy !== null) continue
    taken.ordinals.push(ordinal)
    if (row?.status === 'failed') taken.rows.push(ordinal)
    else taken.rest.push(ordinal)
  }
  return taken
}

/** The replay's own ticket, before anything is sent. */
export function replayTicket(size: number, ordinals: readonly number[], wakeAt: number): Ticket {
  const ticket = newTicket(size, wakeAt)
  const inside = new Set(ordinals)
  for (let ordinal = 0; ordinal < size; ordinal++) if (!inside.has(ordinal)) ticket.done.add(ordinal)
  return { ...ticket, outside: size - inside.size }
}
