/** Queries over the fan-outs of a ledger: one row a notification. */
import type { Platform } from '../../push/device.ts'
import type { Guarantee, Message } from '../../push/notification.ts'

export type FanoutState = 'opening' | 'sending' | 'done' | 'reported'

/** Where cutting tickets goes on. */
export interface CutAfter {
  readonly platform: Platform
  readonly slot: number
  readonly deviceId: string
}

export interface Fanout {
  readonly notificationId: string
  readonly appId: string
  readonly message: Message
  readonly guarantee: Guarantee
  readonly expiresAt: number
  readonly openedSeq: number
  readonly openedAt: number
  readonly state: FanoutState
  readonly cutAfter: CutAfter | null
  readonly ticketCount: number
  readonly canceledAt: number | null
}

type FanoutRow = {
  notification_id: string
  app_id: string
  message: string
  guarantee: Guarantee
  expires_at: number
  opened_seq: number
  opened_at: number
  state: FanoutState
  cut_after: string | null
  ticket_count: number
  canceled_at: number | null
}

function fromRow(row: FanoutRow): Fanout {
  return {
    notificationId: row.notification_id,
    appId: row.app_id,
    message: JSON.parse(row.message) as Message,
    guarantee: row.guarantee,
    expiresAt: row.expires_at,
    openedSeq: row.opened_seq,
    openedAt: row.opened_at,
    state: row.state,
    cutAfter: row.cut_after === null ? null : (JSON.parse(row.cut_after) as CutAfter),
    ticketCount: row.ticket_count,
    canceledAt: row.canceled_at,
  }
}

export function readFanout(sql: SqlStorage, notificationId: string): Fanout | null {
  const [row] = sql.exec<FanoutRow>('select * from fanout where notification_id = ?', notificationId).toArray()
  return row ? fromRow(row) : null
}

/** Fan-outs that still want something: tickets, or to tell their Notification that they are done. */
export function readUnreportedFanouts(sql: SqlStorage): Fanout[] {
  return sql.exec<FanoutRow>("select * from fanout where state <> 'reported'").toArray().map(fromRow)
}

export function insertFanout(sql: SqlStorage, fanout: Fanout): void {
  sql.exec(
    'insert into fanout values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    fanout.notificationId,
    fanout.appId,
    JSON.stringify(fanout.message),
    fanout.guarantee,
    fanout.expiresAt,
    fanout.openedSeq,
    fanout.openedAt,
    fanout.state,
    fanout.cutAfter === null ? null : JSON.stringify(fanout.cutAfter),
    fanout.ticketCount,
    fanout.canceledAt,
  )
}

/** Writes what changes in a fan-out's life. */
export function updateFanout(
  sql: SqlStorage,
  { notificationId, state, cutAfter, ticketCount, canceledAt }: Fanout,
): void {
  sql.exec(
    'update fanout set state = ?, cut_after = ?, ticket_count = ?, canceled_at = ? where notification_id = ?',
    state,
    cutAfter === null ? null : JSON.stringify(cutAfter),
    ticketCount,
    canceledAt,
    notificationId,
  )
}
