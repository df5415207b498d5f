/** Queries over the deliveries of an outbox: one row an event and webhook. */
import type { WebhookAttempt, WebhookDelivery, WebhookDeliveryState } from '../../push/webhook-delivery.ts'

type DeliveryRow = {
  webhook_id: string
  id: string
  event_key: string
  state: WebhookDeliveryState
  tries: number
  next_at: number | null
  lease_id: string | null
  created_at: number
  started_at: number
  settled_at: number | null
  attempts: string
}

function fromRow(row: DeliveryRow): WebhookDelivery {
  return {
    webhookId: row.webhook_id,
    id: row.id,
    eventKey: row.event_key,
    state: row.state,
    tries: row.tries,
    nextAt: row.next_at,
    leaseId: row.lease_id,
    createdAt: row.created_at,
    startedAt: row.started_at,
    settledAt: row.settled_at,
    attempts: JSON.parse(row.attempts) as WebhookAttempt[],
  }
}

export function putWebhookDelivery(sql: SqlStorage, delivery: WebhookDelivery): void {
  sql.exec(
    `insert or replace into delivery
       (webhook_id, id, event_key, state, tries, next_at, lease_id, created_at, started_at, settled_at, attempts)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    delivery.webhookId,
    delivery.id,
    delivery.eventKey,
    delivery.state,
    delivery.tries,
    delivery.nextAt,
    delivery.leaseId,
    delivery.createdAt,
    delivery.startedAt,
    delivery.settledAt,
    JSON.stringify(delivery.attempts),
  )
}

export function readWebhookDelivery(sql: SqlStorage, webhookId: string, id: string): WebhookDelivery | null {
  const [row] = sql.exec<DeliveryRow>('select * from delivery where webhook_id = ? and id = ?', webhookId, id).toArray()
  return row ? fromRow(row) : null
}

/** The words of the API for the states: what is not over is `pending`. */
export const WEBHOOK_DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const
export type WebhookDeliveryStatus = (typeof WEBHOOK_DELIVERY_STATUSES)[number]

const STATES: Readonly<Record<WebhookDeliveryStatus, readonly WebhookDeliveryState[]>> = {
  pending: ['waiting', 'queued', 'leased'],
  delivered: ['delivered'],
  failed: ['failed'],
}

export interface WebhookDeliveryQuery {
  readonly webhookId: string
  readonly status: WebhookDeliveryStatus | null
  /** The first of the page; null: the newest. */
  readonly from: string | null
  readonly limit: number
}

/** The newest first. */
export function listWebhookDeliveries(sql: SqlStorage, query: WebhookDeliveryQuery): WebhookDelivery[] {
  const states = query.status === null ? Object.values(STATES).flat() : STATES[query.status]
  return sql
    .exec<DeliveryRow>(
      `select * from delivery
       where webhook_id = ?1 and (?2 is null or id <= ?2) and state in (select value from json_each(?3))
       order by id desc limit ?4`,
      query.webhookId,
      query.from,
      JSON.stringify(states),
      query.limit,
    )
    .toArray()
    .map(fromRow)
}

/** The oldest failed deliveries that were made since an instant in epoch ms. */
export function listFailedSince(sql: SqlStorage, webhookId: string, since: number, limit: number): WebhookDelivery[] {
  return sql
    .exec<DeliveryRow>(
      `select * from delivery where webhook_id = ? and state = 'failed' and created_at >= ? order by id limit ?`,
      webhookId,
      since,
      limit,
    )
    .toArray()
    .map(fromRow)
}

/** Whether the webhook took anything since an instant in epoch ms. */
export function hasDeliveredSince(sql: SqlStorage, webhookId: string, since: number): boolean {
  const found = sql.exec(
    `select 1 from delivery where webhook_id = ? and state = 'delivered' and settled_at >= ? limit 1`,
    webhookId,
    since,
  )
  return found.toArray().length > 0
}

/** The webhooks that have something under way: one look into the index for each. */
export function listBusyWebhooks(sql: SqlStorage): string[] {
  const rows = sql.exec<{ id: string }>(
    `with recursive busy (id) as (
       select min(webhook_id) from delivery where next_at is not null
       union all
       select (select min(webhook_id) from delivery where next_at is not null and webhook_id > busy.id)
       from busy where busy.id is not null
     )
     select id from busy where id is not null`,
  )
  return rows.toArray().map(({ id }) => id)
}

/** How many of a webhook's deliveries are in the queue or with a consumer. */
export function countInFlight(sql: SqlStorage, webhookId: string, now: number): number {
  return sql
    .exec<{ count: number }>(
      `select count(*) as count from delivery
       where webhook_id = ? and state in ('queued', 'leased') and next_at is not null and next_at > ?`,
      webhookId,
      now,
    )
    .one().count
}

/** What may be queued: what is due, and what was lost in the queue or with its consumer. */
export function listDue(sql: SqlStorage, webhookId: string, now: number, limit: number): WebhookDelivery[] {
  return sql
    .exec<DeliveryRow>(
      `select * from delivery
       where webhook_id = ? and state in ('waiting', 'queued', 'leased') and next_at is not null and next_at <= ?
       order by next_at, id limit ?`,
      webhookId,
      now,
      limit,
    )
    .toArray()
    .map(fromRow)
}

/**
 * When to look at a webhook's deliveries next, in epoch ms; null: nothing is under way.
 *
 * @param isFull as many as may be are in flight, so that those who wait have to wait for one of them
 */
export function nextLookAt(sql: SqlStorage, webhookId: string, isFull: boolean): number | null {
  const states = isFull ? ['queued', 'leased'] : ['waiting', 'queued', 'leased']
  const [row] = sql
    .exec<{ at: number | null }>(
      `select min(next_at) as at from delivery
       where webhook_id = ? and state in (select value from json_each(?)) and next_at is not null`,
      webhookId,
      JSON.stringify(states),
    )
    .toArray()
  return row?.at ?? null
}

/** The webhook is gone. */
export function dropDeliveriesOf(sql: SqlStorage, webhookId: string): void {
  sql.exec('delete from delivery where webhook_id = ?', webhookId)
}
