/**
 * Which webhooks of an app want to hear of what: asked at the end of every send, so an isolate remembers it for a few
 * seconds, also that there are none.
 */
import { ExpiringMap } from '../push/expiring-map.ts'
import type { WebhookEventType } from '../push/webhook-event.ts'
import { listWebhooks, type Webhook } from '../schema/d1/webhooks.ts'
import { databaseOf } from '../schema/databases.ts'

/** More than an app may have. */
const MOST_WEBHOOKS = 100

/** As short as for keys: a webhook that was just made hears of what happens this much later, everywhere. */
const KNOWN = { lifeMs: 5_000, most: 5_000 }

const known = new ExpiringMap<readonly Webhook[]>(KNOWN)

/** The webhooks that are enabled and asked for such events, as of at most KNOWN.lifeMs ago. @param now epoch ms */
export async function webhooksFor(env: Env, appId: string, type: WebhookEventType, now: number): Promise<Webhook[]> {
  const webhooks = await recall(env, appId, now)
  return webhooks.filter(({ enabled, events }) => enabled && (events as WebhookEventType[]).includes(type))
}

/** The next that asks has them looked up again. */
export function forgetWebhooks(appId: string): void {
  known.delete(appId)
}

async function recall(env: Env, appId: string, now: number): Promise<readonly Webhook[]> {
  const kept = known.get(appId, now)
  if (kept !== undefined) return kept
  const { deletions } = known
  const webhooks = await listWebhooks(databaseOf(env, appId), appId, '', MOST_WEBHOOKS)
  if (known.deletions === deletions) known.set(appId, webhooks, now)
  return webhooks
}
