/**
 * What an app's webhooks hear when a notification is over: that it is, with its counts, and who was given up. Asks the
 * ledgers only when a webhook wants to know; keeps nothing.
 */
import { makeDeadLetterId } from '../push/dead-letter-id.ts'
import type { NotificationLife } from '../push/notification-life.ts'
import * as life from '../push/notification-life.ts'
import { NAMED_IN_EVENT } from '../push/webhook-event.ts'
import { emitWebhook, hasWebhookFor } from './emit-webhook.ts'
import type { DeliveryPage, DeliveryQuery, LedgerView } from './rpc.ts'

/** How the notification answers about itself. */
export interface Announced {
  ledgerViews(): Promise<readonly LedgerView[]>
  deliveries(query: DeliveryQuery): Promise<DeliveryPage | null>
}

/** Safe to repeat: what was told before is the same event. @throws when it could not be told */
export async function announce(env: Env, known: NotificationLife, asked: Announced): Promise<void> {
  const { appId } = known
  const wantsEnd = await hasWebhookFor(env, appId, 'notification.completed')
  const wantsLetters = await hasWebhookFor(env, appId, 'dead_letter.created')
  if (!wantsEnd && !wantsLetters) return
  const { counts, byPlatform } = life.sum(await asked.ledgerViews())
  if (wantsEnd) await announceEnd(env, known, { counts, byPlatform })
  if (wantsLetters && counts.failed > 0) await announceLetters(env, known, counts.failed, asked)
}

async function announceEnd(
  env: Env,
  { appId, id, status, send, createdAt, startedAt, completedAt }: NotificationLife,
  { counts, byPlatform }: ReturnType<typeof life.sum>,
): Promise<void> {
  const { audience, campaign } = send
  const data = {
    notification_id: id,
    status,
    created_at: instantOf(createdAt),
    started_at: startedAt === null ? null : instantOf(startedAt),
    completed_at: instantOf(completedAt!),
    campaign: campaign ?? null,
    replay_of: audience.kind === 'replay' ? audience.replay.of : null,
    counts: { ...counts },
    by_platform: Object.fromEntries(Object.entries(byPlatform).map(([platform, of]) => [platform, { ...of }])),
  }
  await emitWebhook(env, appId, { type: 'notification.completed', at: completedAt!, key: id, data })
}

/** One event for all of them: how many there are, and the ids of the first. `GET /v1/dead-letters` has the rest. */
async function announceLetters(
  env: Env,
  { appId, id, completedAt }: NotificationLife,
  count: number,
  asked: Announced,
): Promise<void> {
  const query = {
    status: 'failed',
    platform: null,
    reason: null,
    replayed: null,
    deviceId: null,
    cursor: null,
  } as const
  const page = await asked.deliveries({ ...query, limit: NAMED_IN_EVENT })
  const ids = (page?.data ?? []).map(({ place }) => makeDeadLetterId({ notificationId: id, ...place }))
  const data = { notification_id: id, count, ids }
  await emitWebhook(env, appId, { type: 'dead_letter.created', at: completedAt!, key: id, data })
}

function instantOf(at: number): string {
  return new Date(at).toISOString()
}
