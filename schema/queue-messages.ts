/**
 * What crosses our queues: a tagged, versioned union of ids, never a list of device tokens. A consumer reads the
 * present truth from the object that the ids name.
 */
import * as z from 'zod'
import { PLATFORMS } from '../push/device.ts'

/** Open the ledger of a notification in one shard of a topic. */
const fanoutMessage = z.strictObject({
  kind: z.literal('fanout.v1'),
  appId: z.string(),
  notificationId: z.string(),
  /** Name of the SubscriberShard. */
  shard: z.string(),
})

/** The object that holds a ledger. */
const ledgerRef = z.strictObject({ kind: z.enum(['shard', 'notification']), name: z.string() })

/** Open the ledger of a replay in the object that holds the dead letters. */
const replayMessage = z.strictObject({
  kind: z.literal('replay.v1'),
  appId: z.string(),
  notificationId: z.string(),
  ledger: ledgerRef,
})

/** Deliver one ticket. `ledger` names the object that holds it. */
const deliverMessage = z.strictObject({
  kind: z.literal('deliver.v1'),
  ledger: ledgerRef,
  appId: z.string(),
  platform: z.enum(PLATFORMS),
  notificationId: z.string(),
  ticket: z.number().int().nonnegative(),
})

/** Tell a webhook of an event. The outbox is the app's own. */
const webhookMessage = z.strictObject({
  kind: z.literal('webhook.v1'),
  appId: z.string(),
  webhookId: z.string(),
  deliveryId: z.string(),
})

/** Objects are named by their app first, so a message that mixes the things of two apps is nobody's. */
export const queueMessage = z
  .discriminatedUnion('kind', [fanoutMessage, replayMessage, deliverMessage, webhookMessage])
  .refine((message) => message.kind === 'webhook.v1' || ledgerNameOf(message).startsWith(`${message.appId}/`))

function ledgerNameOf(message: LedgerMessage): string {
  return message.kind === 'fanout.v1' ? message.shard : message.ledger.name
}

export type FanoutMessage = z.infer<typeof fanoutMessage>
export type DeliverMessage = z.infer<typeof deliverMessage>
export type ReplayMessage = z.infer<typeof replayMessage>
export type WebhookMessage = z.infer<typeof webhookMessage>
/** About somebody's recipients. */
export type LedgerMessage = FanoutMessage | ReplayMessage | DeliverMessage
export type QueueMessage = LedgerMessage | WebhookMessage
export type LedgerRef = z.infer<typeof ledgerRef>
