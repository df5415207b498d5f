/**
 * Tells those who should hear of it that most of a quota is used, or that one has refused somebody: the app's webhooks, its
 * audit log, and a line for the operator. After the answer, so that nobody waits; what is lost with an isolate is also in
 * every answer (quota-warnings.ts) and in `GET /v1/apps/{app}/quotas`. Decides nothing about quotas.
 */
import { waitUntil } from 'cloudflare:workers'
import { audit } from '../../durable-objects/audit-event.ts'
import { emitWebhook } from '../../durable-objects/emit-webhook.ts'
import { NOWHERE, SYSTEM } from '../../push/audit-entry.ts'
import { ExpiringMap } from '../../push/expiring-map.ts'
import type { JsonObject } from '../../push/notification.ts'
import type { QuotaRefusal, QuotaWarning } from '../../push/quota-book.ts'
import { instantOrNull } from './fields.ts'

/** App, quota and day of which this isolate has told already: a refused loop costs two objects a call once, not each time. */
const told = new ExpiringMap<true>({ lifeMs: 10 * 60_000, most: 10_000 })

/** Once a day for each of WARNING_PERCENTS: the Meter remembers. @param now epoch ms */
export function tellWarnings(env: Env, appId: string, warnings: readonly QuotaWarning[], now: number): void {
  for (const { quota, percent, used, limit } of warnings) {
    const key = `${quota}/${percent}/${dayOf(now)}`
    const data = { quota, percent, used, limit }
    console.warn('most of a quota is used', { appId, ...data })
    waitUntil(tell(env, appId, { type: 'quota.warning', at: now, key, data }, 'quotaWarning'))
  }
}

/** Once a day and quota, however often it refuses. @param now epoch ms */
export function tellExceeded(env: Env, appId: string, refusal: QuotaRefusal, now: number): void {
  const { quota, used, limit, resetsAt } = refusal
  const key = `${quota}/${dayOf(now)}`
  if (told.get(`${appId}/${key}`, now)) return
  told.set(`${appId}/${key}`, true, now)
  const data = { quota, used, limit, resets_at: instantOrNull(resetsAt) }
  console.warn('a quota is used up', { appId, ...data })
  waitUntil(tell(env, appId, { type: 'quota.exceeded', at: now, key, data }, 'quotaExceeded'))
}

interface QuotaNews {
  readonly type: 'quota.warning' | 'quota.exceeded'
  readonly at: number
  readonly key: string
  readonly data: JsonObject & { readonly quota: string }
}

async function tell(env: Env, appId: string, news: QuotaNews, action: string): Promise<void> {
  const { type, key, data } = news
  const entry = { action, target: data.quota, actor: SYSTEM, origin: NOWHERE, details: data, once: `${type} ${key}` }
  const told = await Promise.allSettled([emitWebhook(env, appId, news), audit(env, appId, entry)])
  for (const { reason } of told.filter((one) => one.status === 'rejected')) {
    console.error('not everybody heard of a quota', { appId, type, key, error: String(reason) })
  }
}

/** Quotas are counted by the day of UTC. */
function dayOf(now: number): string {
  return new Date(now).toISOString().slice(0, 10)
}
