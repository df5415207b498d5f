/** The consumer of the queue `webhooks`: one delivery from lease to settlement. Sequences only. */
import { outboxOf } from '../../durable-objects/stubs.ts'
import type { WebhookMessage } from '../../schema/queue-messages.ts'
import { postWebhook } from './post-webhook.ts'

/** Safe to repeat: what is over, waits or is with another consumer answers "nothing". */
export async function deliverWebhook(env: Env, { appId, webhookId, deliveryId }: WebhookMessage): Promise<void> {
  // A stub per call: after an exception a stub may be broken for good.
  const lease = await outboxOf(env, appId).lease(webhookId, deliveryId)
  if (lease.kind === 'nothing') return
  const at = Date.now()
  const result = await postWebhook(env, { appId, webhookId }, lease.event, at)
  const report = { ...result, at, latencyMs: Date.now() - at }
  await outboxOf(env, appId).settle(webhookId, deliveryId, lease.leaseId, report)
}
