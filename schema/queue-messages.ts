/**
 * What crosses our queues: a tagged, versioned union of ids, never a list of device tokens. A consumer reads the
 * present truth from the object that the ids name.
 */
import * as z from 'zod'

/** Open the ledger of a notification in one shard of a topic. */
const fanoutMessage = z.strictObject({
  kind: z.literal('fanout.v1'),
  appId: z.string(),
  notificationId: z.string(),
  /** Name of the SubscriberShard. */
  shard: z.string(),
})

/** Deliver one ticket. `ledger` names the object that holds it. */
const deliverMessage = z.strictObject({
  kind: z.literal('deliver.v1'),
  ledger: z.strictObject({ kind: z.enum(['shard', 'notification']), name: z.string() }),
  notificationId: z.string(),
  ticket: z.number().int().nonnegative(),
})

export const queueMessage = z.discriminatedUnion('kind', [fanoutMessage, deliverMessage])

export type FanoutMessage = z.infer<typeof fanoutMessage>
export type DeliverMessage = z.infer<typeof deliverMessage>
export type QueueMessage = z.infer<typeof queueMessage>
/** The object that holds a ledger. */
export type LedgerRef = DeliverMessage['ledger']
