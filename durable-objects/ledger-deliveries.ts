/**
 * What became of each recipient, read back from a ledger: an exception where there is a row, what happened to the
 * rest of its ticket otherwise. Reads only.
 */
import type { Platform } from '../push/device.ts'
import type { DeliveryStatus } from '../push/outcome.ts'
import { type DatedException, readExceptions } from '../schema/ledger/exceptions.ts'
import type { Fanout } from '../schema/ledger/fanouts.ts'
import { findMember, readTicketMembers } from '../schema/ledger/members.ts'
import { findTicket, type PlacedTicket, readTicketsFrom } from '../schema/ledger/tickets.ts'
import type { DeliveryPage, DeliveryQuery, DeliveryView } from './rpc.ts'

/** Tickets read in one piece; bounds memory, not the listing. */
const TICKETS_A_READ = 20

/** One page of a fan-out's deliveries in the order of its tickets. The cursor is `ticket:ordinal`. */
export function listDeliveries(sql: SqlStorage, fanout: Fanout, query: DeliveryQuery): DeliveryPage {
  if (query.deviceId !== null)
    return { data: findDelivery(sql, fanout, query.deviceId, query.status), nextCursor: null }
  const data: DeliveryView[] = []
  let [number, ordinal] = parseCursor(query.cursor)
  for (;;) {
    const tickets = readTicketsFrom(sql, fanout.notificationId, number, TICKETS_A_READ)
    for (const ticket of tickets) {
      const from = ticket.number === number ? ordinal : 0
      if (!mayHold(ticket, query.status)) continue
      for (const [position, view] of deliveriesOf(sql, fanout, ticket).entries()) {
        if (position < from || (query.status !== null && view.status !== query.status)) continue
        if (data.length === query.limit) return { data, nextCursor: `${ticket.number}:${position}` }
        data.push(view)
      }
    }
    if (tickets.length < TICKETS_A_READ) return { data, nextCursor: null }
    number = tickets[tickets.length - 1]!.number + 1
    ordinal = 0
  }
}

function findDelivery(
  sql: SqlStorage,
  fanout: Fanout,
  deviceId: string,
  status: DeliveryStatus | null,
): DeliveryView[] {
  const member = findMember(sql, deviceId, fanout.openedSeq)
  const ticket = member && findTicket(sql, fanout.notificationId, { ...member, deviceId })
  if (!ticket) return []
  return deliveriesOf(sql, fanout, ticket).filter(
    (view) => view.deviceId === deviceId && (status === null || view.status === status),
  )
}

function deliveriesOf(sql: SqlStorage, fanout: Fanout, ticket: PlacedTicket): DeliveryView[] {
  const rows = new Map(readExceptions(sql, fanout.notificationId, ticket.number).map((row) => [row.ordinal, row]))
  const members = readTicketMembers(sql, { ...ticket, openedSeq: fanout.openedSeq })
  return members.map(({ deviceId, userId }, ordinal) =>
    viewOf(ticket, ordinal, { deviceId, userId, platform: ticket.platform }, rows.get(ordinal)),
  )
}

function viewOf(
  ticket: PlacedTicket,
  ordinal: number,
  device: { deviceId: string; userId: string | null; platform: Platform },
  row: DatedException | undefined,
): DeliveryView {
  const attempts = row?.attempts ?? 0
  if (row && row.status !== 'pending') {
    return { ...device, status: row.status, attempts, reason: row.reason, updatedAt: row.updatedAt }
  }
  const { updatedAt } = ticket
  // A bit without a row of its own status is an acceptance; a row that still says "pending" counts what came before.
  if (ticket.done.has(ordinal))
    return { ...device, status: 'accepted', attempts: attempts + 1, reason: null, updatedAt }
  if (row && ticket.restStatus === null) {
    return { ...device, status: 'pending', attempts, reason: row.reason, updatedAt: row.updatedAt }
  }
  if (ticket.restStatus === null) return { ...device, status: 'pending', attempts, reason: null, updatedAt }
  return { ...device, status: ticket.restStatus, attempts, reason: ticket.restReason ?? row?.reason ?? null, updatedAt }
}

/** Whether a ticket can have a delivery of that status at all: most listings ask for the rare ones. */
function mayHold(ticket: PlacedTicket, status: DeliveryStatus | null): boolean {
  if (status === null) return true
  return status === 'pending' ? ticket.wakeAt !== null : ticket.counts[status] > 0
}

function parseCursor(cursor: string | null): [number, number] {
  const match = /^(\d{1,9}):(\d{1,4})$/.exec(cursor ?? '')
  return match ? [Number(match[1]), Number(match[2])] : [0, 0]
}
