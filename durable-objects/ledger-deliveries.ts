/**
 * What became of each recipient, read back from a ledger: an exception where there is a row, what happened to the
 * rest of its ticket otherwise. Reads only.
 */
import { deadLetterAt } from '../push/replay.ts'
import { type DatedException, readExceptions } from '../schema/ledger/exceptions.ts'
import type { Fanout } from '../schema/ledger/fanouts.ts'
import { findMember, readTicketMembers } from '../schema/ledger/members.ts'
import { findTicket, type PlacedTicket, readTicket, readTicketsFrom } from '../schema/ledger/tickets.ts'
import type { DeliveryFilter, DeliveryPage, DeliveryQuery, DeliveryView } from './rpc.ts'

/** Tickets read in one piece; bounds memory, not the listing. */
const TICKETS_A_READ = 20
/** Tickets whose recipients are read for one page: a filter that fits nobody must not read a million. */
const TICKETS_A_PAGE = 100

/** One page of a fan-out's deliveries in the order of its tickets. The cursor is `ticket:ordinal`. */
export function listDeliveries(sql: SqlStorage, fanout: Fanout, query: DeliveryQuery): DeliveryPage {
  if (query.deviceId !== null) return { data: findDelivery(sql, fanout, query.deviceId, query), nextCursor: null }
  const data: DeliveryView[] = []
  let [number, ordinal] = parseCursor(query.cursor)
  let read = 0
  for (;;) {
    const tickets = readTicketsFrom(sql, fanout.notificationId, number, TICKETS_A_READ)
    for (const ticket of tickets) {
      const from = ticket.number === number ? ordinal : 0
      if (!mayHold(ticket, query)) continue
      if (read++ === TICKETS_A_PAGE) return { data, nextCursor: `${ticket.number}:0` }
      for (const view of deliveriesOf(sql, fanout, ticket)) {
        const { place } = view
        if (place.ordinal < from || !isAsked(view, query)) continue
        if (data.length === query.limit) return { data, nextCursor: `${place.ticket}:${place.ordinal}` }
        data.push(view)
      }
    }
    if (tickets.length < TICKETS_A_READ) return { data, nextCursor: null }
    number = tickets[tickets.length - 1]!.number + 1
    ordinal = 0
  }
}

function findDelivery(sql: SqlStorage, fanout: Fanout, deviceId: string, filter: DeliveryFilter): DeliveryView[] {
  const member = findMember(sql, deviceId, fanout.openedSeq)
  const ticket = member && findTicket(sql, fanout.notificationId, { ...member, deviceId })
  if (!ticket) return []
  return deliveriesOf(sql, fanout, ticket).filter((view) => view.deviceId === deviceId && isAsked(view, filter))
}

function deliveriesOf(sql: SqlStorage, fanout: Fanout, ticket: PlacedTicket): DeliveryView[] {
  const { notificationId, openedSeq } = fanout
  const rows = new Map(readExceptions(sql, notificationId, ticket.number).map((row) => [row.ordinal, row]))
  const isInside = ticket.outside === 0 ? () => true : insideOf(sql, fanout, ticket.number)
  const members = readTicketMembers(sql, { ...ticket, openedSeq })
  return members.flatMap(({ deviceId, userId }, ordinal) => {
    if (!isInside(ordinal)) return []
    const place = { shard: null, ticket: ticket.number, ordinal }
    const device = { deviceId, userId, platform: ticket.platform, place }
    return { ...device, ...fateOf(ticket, ordinal, rows.get(ordinal)) }
  })
}

/** Who of a replay's ticket is sent to again: whom the ticket that it repeats says it took. */
function insideOf(sql: SqlStorage, { notificationId, replayOf }: Fanout, number: number): (ordinal: number) => boolean {
  const original = replayOf === null ? null : readTicket(sql, replayOf, number)
  if (replayOf === null || original === null) return () => true
  const rows = new Map(readExceptions(sql, replayOf, number).map((row) => [row.ordinal, row]))
  return (ordinal) => deadLetterAt(original, rows.get(ordinal), ordinal)?.replayedBy === notificationId
}

type Fate = Omit<DeliveryView, 'deviceId' | 'userId' | 'platform' | 'place'>

function fateOf(ticket: PlacedTicket, ordinal: number, row: DatedException | undefined): Fate {
  const { attempts = 0, history = [], reason = null } = row ?? {}
  const { updatedAt } = ticket
  if (row && row.status !== 'pending') {
    const failures = attempts > history.length ? [...history, { at: row.updatedAt, reason: reason ?? '' }] : history
    const { status, replayedBy } = row
    return { status, attempts, reason, updatedAt: row.updatedAt, history: failures, replayedBy }
  }
  const past = { history, replayedBy: null }
  // A bit without a row of its own status is an acceptance; a row that still says "pending" counts what came before.
  if (ticket.done.has(ordinal)) return { status: 'accepted', attempts: attempts + 1, reason: null, updatedAt, ...past }
  if (ticket.restStatus === null)
    return { status: 'pending', attempts, reason, updatedAt: row?.updatedAt ?? updatedAt, ...past }
  const replayedBy = ticket.restReplayedBy
  return { status: ticket.restStatus, attempts, reason: ticket.restReason ?? reason, updatedAt, history, replayedBy }
}

/** Whether a ticket can have such a delivery at all: most listings ask for the rare ones. */
function mayHold(ticket: PlacedTicket, { status, platform }: DeliveryFilter): boolean {
  if (platform !== null && ticket.platform !== platform) return false
  if (status === null) return true
  return status === 'pending' ? ticket.wakeAt !== null : ticket.counts[status] > 0
}

function isAsked(view: DeliveryView, { status, platform, reason, replayed }: DeliveryFilter): boolean {
  if (status !== null && view.status !== status) return false
  if (platform !== null && view.platform !== platform) return false
  if (reason !== null && view.reason !== reason) return false
  return replayed === null || (view.replayedBy !== null) === replayed
}

function parseCursor(cursor: string | null): [number, number] {
  const match = /^(\d{1,9}):(\d{1,4})$/.exec(cursor ?? '')
  return match ? [Number(match[1]), Number(match[2])] : [0, 0]
}
