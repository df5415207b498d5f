/**
 * What a caller asked to be sent, after parsing at the door. Plain data: no clock, no storage.
 */
import type { Subject } from './access-limits.ts'
import type { Replay } from './replay.ts'
import type { UnsubscribeOffer } from './unsubscribe-link.ts'

/** JSON as it crosses the wire. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

/** What the device shows or receives. Every field is decided: absent means `undefined`, never `null`. */
export interface Message {
  readonly title?: string
  readonly body?: string
  readonly image?: string
  readonly url?: string
  /** String values only; reserved keys were refused at the door. */
  readonly data: Readonly<Record<string, string>>
  readonly category?: string
  readonly priority: 'high' | 'normal'
  /** How long it is worth delivering, from the moment the send starts. 0 means now or never. */
  readonly ttlSeconds: number
  /** A newer notification with the same key replaces an older one. */
  readonly collapseKey?: string
  readonly badge?: number
  readonly sound?: string
  /** Merged into the service's own payload, last word. See push/providers/{service}. */
  readonly fcm: JsonObject
  readonly apns: JsonObject
  readonly webpush: JsonObject
  /** The app signed its messages when the send was accepted; absent in sends from before there were signatures. */
  readonly signed?: boolean
  /** Only with `signed`: how its reader leaves the topic; undefined: it offers none. */
  readonly unsubscribe?: UnsubscribeOffer
}

export type Audience =
  | { readonly kind: 'topic'; readonly topic: string }
  | { readonly kind: 'users'; readonly userIds: readonly string[] }
  | { readonly kind: 'devices'; readonly deviceIds: readonly string[] }
  /** Dead letters of an earlier notification. */
  | { readonly kind: 'replay'; readonly replay: Replay }

/** What happens to a recipient whose attempt got no answer. */
export type Guarantee = 'at_least_once' | 'at_most_once'

export type NotificationStatus = 'scheduled' | 'queued' | 'sending' | 'completed' | 'canceled'

/** A parsed, accepted send. */
export interface Send {
  readonly audience: Audience
  readonly message: Message
  readonly guarantee: Guarantee
  /** It starts when the ordered send before it, to the same topic or user, is over. */
  readonly ordered: boolean
  /** Epoch ms; null: now. */
  readonly sendAt: number | null
  readonly campaign?: string
}

/** What it is about: a replay is about what the notification was that was sent first. */
export function subjectOf({ audience, message }: Pick<Send, 'audience' | 'message'>): Subject {
  return { topic: topicOf(audience), category: message.category ?? null }
}

/** The topic by which a send reaches its recipients; null: it names them. */
export function topicOf(audience: Audience): string | null {
  if (audience.kind === 'replay') return audience.replay.topic
  return audience.kind === 'topic' ? audience.topic : null
}
