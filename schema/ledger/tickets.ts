/** Queries over the tickets of a ledger. A ticket is written when cut, when leased and when settled. */
import type { Platform } from '../../push/device.ts'
import { emptyCounts, type LedgerCounts, OrdinalSet } from '../../push/ledger.ts'
import type { SettledStatus } from '../../push/outcome.ts'
import type { Ticket } from '../../push/ticket.ts'

/** A ticket with its place. */
export interface PlacedTicket extends Ticket {
  readonly notificationId: string
  readonly number: number
  readonly platform: Platform
  readonly fromSlot: number
  readonly fromDevice: string
  readonly toSlot: number
  readonly toDevice: string
  readonly updatedAt: number
}

type TicketRow = Record<SettledStatus, number> & {
  notification_id: string
  number: number
  platform: Platform
  from_slot: number
  from_device: string
  to_slot: number
  to_device: string
  size: number
  done: ArrayBuffer
  rest_status: SettledStatus | null
  rest_reason: string | null
  lease_id: string | null
  leased_at: number | null
  leased_until: number | null
  wake_at: number | null
  retires: number
  updated_at: number
  outside: number
  stalls: number
  rest_replayed_by: string | null
}

function fromRow(row: TicketRow): PlacedTicket {
  const { accepted, unregistered, failed, suppressed, expired, canceled } = row
  return {
    notificationId: row.notification_id,
    number: row.number,
    platform: row.platform,
    fromSlot: row.from_slot,
    fromDevice: row.from_device,
    toSlot: row.to_slot,
    toDevice: row.to_device,
    size: row.size,
    done: new OrdinalSet(new Uint8Array(row.done)),
    counts: { accepted, unregistered, failed, suppressed, expired, canceled },
    restStatus: row.rest_status,
    restReason: row.rest_reason,
    leaseId: row.lease_id,
    leasedAt: row.leased_at,
    leasedUntil: row.leased_until,
    wakeAt: row.wake_at,
    retires: row.retires === 1,
    updatedAt: row.updated_at,
    outside: row.outside,
    stalls: row.stalls,
    restReplayedBy: row.rest_replayed_by,
  }
}

export function readTicket(sql: SqlStorage, notificationId: string, number: number): PlacedTicket | null {
  const [row] = sql
    .exec<TicketRow>('select * from ticket where notification_id = ? and number = ?', notificationId, number)
    .toArray()
  return row ? fromRow(row) : null
}

/** Tickets from a number on, in order. */
export function readTicketsFrom(
  sql: SqlStorage,
  notificationId: string,
  number: number,
  limit: number,
): PlacedTicket[] {
  return sql
    .exec<TicketRow>(
      'select * from ticket where notification_id = ? and number >= ? order by number limit ?',
      notificationId,
      number,
      limit,
    )
    .toArray()
    .map(fromRow)
}

/** The ticket that a member of the fan-out belongs to. */
export function findTicket(
  sql: SqlStorage,
  notificationId: string,
  member: { platform: Platform; slot: number; deviceId: string },
): PlacedTicket | null {
  const [row] = sql
    .exec<TicketRow>(
      `select * from ticket where notification_id = ?1 and platform = ?2
         and (from_slot < ?3 or (from_slot = ?3 and from_device < ?4))
         and (to_slot > ?3 or (to_slot = ?3 and to_device >= ?4))`,
      notificationId,
      member.platform,
      member.slot,
      member.deviceId,
    )
    .toArray()
  return row ? fromRow(row) : null
}

/** Tickets that are not finished, or whose retirements are not confirmed. */
export function readOpenTickets(sql: SqlStorage, notificationId: string): PlacedTicket[] {
  return sql
    .exec<TicketRow>(
      'select * from ticket where notification_id = ? and (wake_at is not null or retires = 1)',
      notificationId,
    )
    .toArray()
    .map(fromRow)
}

/** Whether some ticket found devices dead whose retirement is not confirmed. */
export function hasRetirements(sql: SqlStorage, notificationId: string): boolean {
  const query = 'select 1 from ticket where notification_id = ? and retires = 1 limit 1'
  return sql.exec(query, notificationId).toArray().length > 0
}

export function countUnfinishedTickets(sql: SqlStorage, notificationId: string): number {
  return sql
    .exec<{ count: number }>(
      'select count(*) as count from ticket where notification_id = ? and wake_at is not null',
      notificationId,
    )
    .one().count
}

/** Writes the whole row: new, or over the old one. One row written. */
export function putTicket(sql: SqlStorage, ticket: PlacedTicket): void {
  const { counts } = ticket
  sql.exec(
    'insert or replace into ticket values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ticket.notificationId,
    ticket.number,
    ticket.platform,
    ticket.fromSlot,
    ticket.fromDevice,
    ticket.toSlot,
    ticket.toDevice,
    ticket.size,
    ticket.done.bits,
    counts.accepted,
    counts.unregistered,
    counts.failed,
    counts.suppressed,
    counts.expired,
    counts.canceled,
    ticket.restStatus,
    ticket.restReason,
    ticket.leaseId,
    ticket.leasedAt,
    ticket.leasedUntil,
    ticket.wakeAt,
    ticket.retires ? 1 : 0,
    ticket.updatedAt,
    ticket.outside,
    ticket.stalls,
    ticket.restReplayedBy,
  )
}

/** The ledger's sums, by platform. `pending` is what no column accounts for. */
export function readCounts(sql: SqlStorage, notificationId: string): Partial<Record<Platform, LedgerCounts>> {
  const rows = sql
    .exec<Record<SettledStatus, number> & { platform: Platform; targeted: number }>(
      `select platform, sum(size - outside) as targeted, sum(accepted) as accepted, sum(unregistered) as unregistered,
         sum(failed) as failed, sum(suppressed) as suppressed, sum(expired) as expired, sum(canceled) as canceled
       from ticket where notification_id = ? group by platform`,
      notificationId,
    )
    .toArray()
  const byPlatform: Partial<Record<Platform, LedgerCounts>> = {}
  for (const { platform, ...sums } of rows) {
    const settled = sums.accepted + sums.unregistered + sums.failed + sums.suppressed + sums.expired + sums.canceled
    byPlatform[platform] = { ...emptyCounts(), ...sums, pending: sums.targeted - settled }
  }
  return byPlatform
}
