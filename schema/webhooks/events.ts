/** Queries over the events of an outbox. */
import { idTail } from '../../push/ids.ts'
import type { WebhookEvent, WebhookEventType } from '../../push/webhook-event.ts'

type EventRow = { key: string; id: string; type: WebhookEventType; at: number; body: string }

/** Keeps an event. False: it was told before. */
export function insertEvent(sql: SqlStorage, { id, type, at, body }: WebhookEvent): boolean {
  const written = sql.exec<{ key: string }>(
    'insert into event (key, id, type, at, body) values (?, ?, ?, ?, ?) on conflict do nothing returning key',
    idTail(id),
    id,
    type,
    at,
    body,
  )
  return written.toArray().length > 0
}

/** @param key the part of its id that does not depend on the time */
export function readEvent(sql: SqlStorage, key: string): WebhookEvent | null {
  const [row] = sql.exec<EventRow>('select * from event where key = ?', key).toArray()
  return row ? { id: row.id, type: row.type, at: row.at, body: row.body } : null
}

/** Drops some of the events before an instant in epoch ms, with their deliveries. Answers whether there may be more. */
export function dropSomeEvents(sql: SqlStorage, before: number, limit: number): boolean {
  const dropped = sql
    .exec<{ key: string }>(
      'delete from event where key in (select key from event where at < ? limit ?) returning key',
      before,
      limit,
    )
    .toArray()
  const keys = JSON.stringify(dropped.map(({ key }) => key))
  sql.exec('delete from delivery where event_key in (select value from json_each(?))', keys)
  return dropped.length === limit
}

export function hasEvents(sql: SqlStorage): boolean {
  return sql.exec('select 1 from event limit 1').toArray().length > 0
}
