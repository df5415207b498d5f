/** Queries over the exceptions of a ledger: the only rows that are written per recipient. */
import type { DeliveryStatus } from '../../push/outcome.ts'
import type { Exception, PastAttempt } from '../../push/ticket.ts'

type ExceptionRow = {
  ordinal: number
  device_id: string
  user_id: string | null
  status: DeliveryStatus
  reason: string | null
  attempts: number
  retry_at: number | null
  retire_as_of_at: number | null
  address: string | null
  updated_at: number
  history: string | null
  replayed_by: string | null
}

/** An exception with the time it was written, as a listing shows it. */
export interface DatedException extends Exception {
  readonly updatedAt: number
}

export function readExceptions(sql: SqlStorage, notificationId: string, ticket: number): DatedException[] {
  return sql
    .exec<ExceptionRow>('select * from exception where notification_id = ? and ticket = ?', notificationId, ticket)
    .toArray()
    .map((row) => ({
      ordinal: row.ordinal,
      deviceId: row.device_id,
      userId: row.user_id,
      status: row.status,
      reason: row.reason,
      attempts: row.attempts,
      retryAt: row.retry_at,
      retireAsOfAt: row.retire_as_of_at,
      address: row.address,
      updatedAt: row.updated_at,
      history: row.history === null ? [] : (JSON.parse(row.history) as PastAttempt[]),
      replayedBy: row.replayed_by,
    }))
}

/** Writes exceptions, new or over the old ones, in one statement. */
export function putExceptions(
  sql: SqlStorage,
  notificationId: string,
  ticket: number,
  rows: readonly Exception[],
  now: number,
): void {
  if (rows.length === 0) return
  sql.exec(
    `insert or replace into exception
       (notification_id, ticket, ordinal, device_id, user_id, status, reason, attempts, retry_at, retire_as_of_at, address, updated_at,
        history, replayed_by)
     select ?1, ?2, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, ?4,
       value ->> 9, value ->> 10
     from json_each(?3)`,
    notificationId,
    ticket,
    JSON.stringify(
      rows.map((row) => [
        row.ordinal,
        row.deviceId,
        row.userId,
        row.status,
        row.reason,
        row.attempts,
        row.retryAt,
        row.retireAsOfAt,
        row.address,
        row.history.length === 0 ? null : JSON.stringify(row.history),
        row.replayedBy,
      ]),
    ),
    now,
  )
}
