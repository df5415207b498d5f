/** Tells an app's webhooks that something happened. Costs apps without webhooks one look that an isolate remembers. */
import { makeWebhookEvent, type WebhookOccurrence, type WebhookSubject } from '../push/webhook-event.ts'
import { outboxOf } from './stubs.ts'
import { webhooksFor } from './webhook-subscriptions.ts'

/** Whether anybody wants to hear of it: for those to whom saying what happened is work. */
export async function hasWebhookFor(env: Env, appId: string, type: WebhookSubject): Promise<boolean> {
  return (await webhooksFor(env, appId, type, Date.now())).length > 0
}

/** When this resolves, whoever asked for it will hear of it. Safe to repeat: the same key is the same event. */
export async function emitWebhook(env: Env, appId: string, occurrence: WebhookOccurrence): Promise<void> {
  if (!(await hasWebhookFor(env, appId, occurrence.type))) return
  await outboxOf(env, appId).emit(await makeWebhookEvent(occurrence))
}
