/**
 * Opening a replay in the ledger that holds the dead letters: its row, and one ticket for each ticket that has some,
 * in bounded steps. A step marks who is sent to again and writes the tickets that do so, together: whatever is repeated
 * after a crash, nobody is left out and nobody is taken twice. Called by ledger.ts inside its transaction.
 */
import { deadLetterAt, type Place, replayTicket, takeDeadLetters } from '../push/replay.ts'
import { type Exception, settleRest, type TicketMember } from '../push/ticket.ts'
import { markReplayed } from '../schema/ledger/dead-letters.ts'
import { putExceptions, readExceptions } from '../schema/ledger/exceptions.ts'
import type { Fanout } from '../schema/ledger/fanouts.ts'
import { readTicketMembers } from '../schema/ledger/members.ts'
import { type PlacedTicket, putTicket, readTicket, readTicketsFrom } from '../schema/ledger/tickets.ts'
import type { OpenStep, ReplayOrder } from './rpc.ts'

/** Tickets looked at in one step: at most 20,000 rows to mark, about a tenth of a second. */
const REPLAY_STEP_TICKETS = 40

interface Terms {
  readonly now: number
  readonly leaseMs: number
}

/** A replay before its first step: over the members that the first fan-out saw, in its sequence and its range. */
export function replayingFanout(original: Fanout, order: ReplayOrder, now: number): Fanout {
  const { platforms: _platforms, byTurn: _byTurn, places: _places, ...asked } = order
  const { openedSeq, fromSlot, toSlot, pushId, pushSequence } = original
  const same = { openedSeq, fromSlot, toSlot, pushId, pushSequence }
  return { ...asked, ...same, openedAt: now, state: 'opening', cutAfter: null, ticketCount: 0, canceledAt: null }
}

/**
 * Takes one step. A ticket keeps its number, so while a replay is being opened `ticketCount` is the number to go on
 * from.
 */
export function replayStep(
  sql: SqlStorage,
  fanout: Fanout,
  order: ReplayOrder,
  terms: Terms,
): { readonly fanout: Fanout; readonly tickets: OpenStep['tickets'] } {
  const { originals, nextNumber } = nextTickets(sql, order, fanout.ticketCount)
  const tickets: OpenStep['tickets'] = []
  for (const original of originals) {
    const ordinals = take(sql, original, order, fanout.openedSeq)
    if (ordinals.length === 0) continue
    const { number, platform } = original
    const fresh = replayTicket(original.size, ordinals, terms.now + terms.leaseMs)
    const reachable = order.platforms.includes(platform)
    const ticket = reachable ? fresh : settleRest(fresh, 'failed', 'no_credentials')
    putTicket(sql, { ...original, ...ticket, notificationId: fanout.notificationId, updatedAt: terms.now })
    if (reachable) tickets.push({ number, platform, size: ordinals.length })
  }
  const ticketCount = nextNumber ?? (originals.at(-1)?.number ?? -1) + 1
  return { fanout: { ...fanout, ticketCount, state: nextNumber === null ? 'sending' : 'opening' }, tickets }
}

/** The tickets to look at, in order: all of them, or those of the places that were named. */
function nextTickets(
  sql: SqlStorage,
  { replayOf, places }: ReplayOrder,
  from: number,
): { readonly originals: PlacedTicket[]; readonly nextNumber: number | null } {
  if (places === null) {
    const originals = readTicketsFrom(sql, replayOf, from, REPLAY_STEP_TICKETS)
    return { originals, nextNumber: originals.length < REPLAY_STEP_TICKETS ? null : originals.at(-1)!.number + 1 }
  }
  const numbers = [...new Set(places.map(({ ticket }) => ticket))].filter((number) => number >= from)
  numbers.sort((a, b) => a - b)
  const originals = numbers.slice(0, REPLAY_STEP_TICKETS).flatMap((number) => readTicket(sql, replayOf, number) ?? [])
  return { originals, nextNumber: numbers[REPLAY_STEP_TICKETS] ?? null }
}

/** Marks the dead letters of one ticket. @returns whom to send to again */
function take(sql: SqlStorage, original: PlacedTicket, order: ReplayOrder, openedSeq: number): number[] {
  if (original.counts.failed === 0) return []
  const { replayOf: notificationId, notificationId: replayedBy, places } = order
  const { number: ticket } = original
  const rows = readExceptions(sql, notificationId, ticket)
  const asked = places?.filter((place) => place.ticket === ticket).map(({ ordinal }) => ordinal) ?? null
  const taken = takeDeadLetters(original, rows, asked)
  markReplayed(sql, { notificationId, ticket }, taken.rows, replayedBy)
  if (taken.rest.length === 0) return taken.ordinals
  if (taken.wholeRest) putTicket(sql, { ...original, restReplayedBy: replayedBy })
  else {
    const members = readTicketMembers(sql, { ...original, openedSeq })
    const marks = rowsForRest(original, taken.rest, rows, members, replayedBy)
    putExceptions(sql, notificationId, ticket, marks, original.updatedAt)
  }
  return taken.ordinals
}

/** Of those who failed with the rest only some are sent to again: these get a row each, which says so. */
function rowsForRest(
  { restReason }: PlacedTicket,
  ordinals: readonly number[],
  rows: readonly Exception[],
  members: readonly TicketMember[],
  replayedBy: string,
): Exception[] {
  const before = new Map(rows.map((row) => [row.ordinal, row]))
  return ordinals.map((ordinal) => {
    const { deviceId = '', userId = null } = members[ordinal] ?? {}
    const { attempts = 0, history = [] } = before.get(ordinal) ?? {}
    const failed = { status: 'failed', reason: restReason, attempts, history, replayedBy } as const
    return { ordinal, deviceId, userId, ...failed, retryAt: null, retireAsOfAt: null, address: null }
  })
}

/** What a replay of these places would find: how many it takes, how many were taken before, who is no dead letter. */
export function lookAtPlaces(
  sql: SqlStorage,
  notificationId: string,
  places: readonly Place[],
): { readonly open: number; readonly replayed: number; readonly unknown: readonly Place[] } {
  let open = 0
  let replayed = 0
  const unknown: Place[] = []
  for (const [number, own] of Map.groupBy(places, (place) => place.ticket)) {
    const ticket = readTicket(sql, notificationId, number)
    const rows = ticket ? readExceptions(sql, notificationId, number) : []
    const byOrdinal = new Map(rows.map((row) => [row.ordinal, row]))
    for (const place of own) {
      const letter = ticket && deadLetterAt(ticket, byOrdinal.get(place.ordinal), place.ordinal)
      if (!letter) unknown.push(place)
      else if (letter.replayedBy === null) open++
      else replayed++
    }
  }
  return { open, replayed, unknown }
}
