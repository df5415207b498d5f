/**
 * What webhooks hear of: the kinds of events, what each says, and how an event gets its id. Pure.
 */
import { ID_RANDOM_BYTES, makeId } from './ids.ts'
import type { Json } from './notification.ts'

/** What a webhook may ask for. */
export const WEBHOOK_SUBJECTS = [
  'notification.completed',
  'device.retired',
  'dead_letter.created',
  'quota.warning',
  'quota.exceeded',
] as const
export type WebhookSubject = (typeof WEBHOOK_SUBJECTS)[number]

/** What a webhook may get: what it asked for, and a test. */
export const WEBHOOK_EVENT_TYPES = [...WEBHOOK_SUBJECTS, 'webhook.test'] as const
export type WebhookEventType = (typeof WEBHOOK_EVENT_TYPES)[number]

/** Devices, or dead letters, that an event names at most: some ten kilobytes. */
export const NAMED_IN_EVENT = 100

/** Something that happened, before it is known whether anybody wants to hear of it. */
export interface WebhookOccurrence<Type extends WebhookEventType = WebhookSubject> {
  readonly type: Type
  /** Epoch ms. */
  readonly at: number
  /** What makes it itself within its app and type: the same key, told again, is the same event. */
  readonly key: string
  /** As it goes out, in the words of the API. */
  readonly data: { readonly [name: string]: Json }
}

/** As it is kept and sent. */
export interface WebhookEvent {
  /** `evt_…`, a function of the instant, the type and the key: the `webhook-id` of every attempt, and of replays. */
  readonly id: string
  readonly type: WebhookEventType
  readonly at: number
  /** The bytes that are signed and sent. */
  readonly body: string
}

export async function makeWebhookEvent(occurrence: WebhookOccurrence<WebhookEventType>): Promise<WebhookEvent> {
  const { type, at, key, data } = occurrence
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${type}\0${key}`))
  const id = makeId('evt', at, new Uint8Array(digest).subarray(0, ID_RANDOM_BYTES))
  return { id, type, at, body: JSON.stringify({ type, timestamp: new Date(at).toISOString(), data }) }
}
