/** What callers and the WebhookOutbox say to each other: plain data that structured clone can carry. Types only. */
import type { WebhookAttempt, WebhookDelivery } from '../push/webhook-delivery.ts'
import type { WebhookEvent } from '../push/webhook-event.ts'
import type { WebhookResult } from '../push/webhook-retry.ts'
import type { WebhookDeliveryQuery } from '../schema/webhooks/deliveries.ts'

/** What a consumer gets for a delivery. */
export type WebhookLease =
  /** Nothing to do: over, waiting, or with another consumer. */
  { readonly kind: 'nothing' } | { readonly kind: 'leased'; readonly leaseId: string; readonly event: WebhookEvent }

/** What a consumer reports of its attempt. */
export type WebhookReport = WebhookResult & Pick<WebhookAttempt, 'at' | 'latencyMs'>

/** A line of the delivery log. */
export interface LoggedDelivery {
  readonly delivery: WebhookDelivery
  readonly event: WebhookEvent
}

export interface LogPage {
  readonly data: LoggedDelivery[]
  /** The first delivery of the next page; null: this was the last one. */
  readonly nextFrom: string | null
}

/** What others ask of a WebhookOutbox. */
export interface OutboxCalls {
  /** Durable when it answers. An event that was told before changes nothing. */
  emit(event: WebhookEvent): Promise<void>
  /** For one webhook, whatever it asked for. */
  emitTo(webhookId: string, event: WebhookEvent): Promise<LoggedDelivery>
  lease(webhookId: string, deliveryId: string): Promise<WebhookLease>
  settle(webhookId: string, deliveryId: string, leaseId: string, report: WebhookReport): Promise<void>
  list(query: WebhookDeliveryQuery): Promise<LogPage>
  find(webhookId: string, deliveryId: string): Promise<LoggedDelivery | null>
  /** Null: there is no such delivery. */
  replay(webhookId: string, deliveryId: string): Promise<LoggedDelivery | null>
  /** Some of the failed ones, the oldest first. @param since epoch ms */
  replayFailed(webhookId: string, since: number): Promise<{ readonly replayed: number; readonly more: boolean }>
  /** The webhook was deleted. */
  forget(webhookId: string): Promise<void>
  /** The app was deleted. */
  clear(): Promise<void>
}
