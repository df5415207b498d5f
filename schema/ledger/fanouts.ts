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
  /** The slots it covers: `fromSlot` up to, not including, `toSlot`. */
  readonly fromSlot: number
  readonly toSlot: number
  /** The `fanfare_id` its pushes carry. */
  readonly pushId: string
  /** The `fanfare_seq` its pushes carry; null: not ordered. */
  readonly pushSequence: number | null
  /** The notification whose dead letters are sent again; null: not a replay. */
  readonly replayOf: string | null
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
  from_slot: number
  to_slot: number
  push_id: string | null
  push_sequence: number | null
  replay_of: string | null
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
    fromSlot: row.from_slot,
    toSlot: row.to_slot,
    pushId: row.push_id ?? row.notification_id,
    pushSequence: row.push_sequence,
    replayOf: row.replay_of,
  }
}

export function readFanout(sql: SqlStorage, notificationId: string): Fanout | null {
  const [row] = sql.exec<FanoutRow>('select * from fanout where notification_id = ?', notificationId).toArray()
  return row ? fromRow(row) : null
}

/** Key-value name of the id before which every fan-out is reported. */
const OPEN_FROM = 'openFrom'
/** So many reported ones may be read again and again before it is noted that they need not be: one row written. */
const PASSED_BEFORE_NOTED = 100

/**
 * Fan-outs that still want something: tickets, or to tell their Notification that they are done. Ids grow with time, so
 * those are among the last; what is kept for questions only is not read at every ring of the alarm.
 */
export function readUnreportedFanouts({ sql, kv }: DurableObjectStorage): Fanout[] {
  const from = kv.get<string>(OPEN_FROM) ?? ''
  const rows = sql
    .exec('select notification_id, state from fanout where notification_id >= ? order by notification_id', from)
    .raw<[string, FanoutState]>()
  const open: string[] = []
  let passed = 0
  let last = from
  for (const [id, state] of rows) {
    if (state !== 'reported') open.push(id)
    if (open.length > 0) continue
    passed++
    last = id
  }
  if (passed > PASSED_BEFORE_NOTED) kv.put(OPEN_FROM, open[0] ?? last)
  return open.flatMap((id) => readFanout(sql, id) ?? [])
}

export function insertFanout({ sql, kv }: DurableObjectStorage, fanout: Fanout): void {
  // Created long ago, and opened only now.
  if (fanout.notificationId < (kv.get<string>(OPEN_FROM) ?? '')) kv.put(OPEN_FROM, fanout.notificationId)
  sql.exec(
    'insert into fanout values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
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
    fanout.fromSlot,
    fanout.toSlot,
    fanout.pushId === fanout.notificationId ? null : fanout.pushId,
    fanout.pushSequence,
    fanout.replayOf,
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
