/**
 * One attempt to tell a webhook of an event: looks whether it may still be told, and where, signs, and POSTs. Nothing of
 * the answer is kept but its status: a body that came back could be something internal, and the log is the tenant's.
 */
import { MasterKeyError, masterKeysOf } from '../../push/master-key.ts'
import { checkWebhookUrl, parseAllowedHosts } from '../../push/outbound-url.ts'
import { readRetryAfterSeconds } from '../../push/providers/retry-after.ts'
import { SealError } from '../../push/sealing.ts'
import type { WebhookEvent } from '../../push/webhook-event.ts'
import { readWebhookStatus, type WebhookFailure, type WebhookResult } from '../../push/webhook-retry.ts'
import { signWebhook } from '../../push/webhook-signature.ts'
import { openWebhook } from '../../schema/d1/webhooks.ts'
import { databaseOf } from '../../schema/databases.ts'
import { refuseHost } from './resolve-host.ts'

/** Within which Standard Webhooks asks receivers to answer (15 to 30 s). */
const DEADLINE_MS = 15_000

export interface WebhookRef {
  readonly appId: string
  readonly webhookId: string
}

/** Does not throw for anything that a retry could mend or the log should show. */
export async function postWebhook(env: Env, ref: WebhookRef, event: WebhookEvent, now: number): Promise<WebhookResult> {
  const target = await openTarget(env, ref, now)
  if (typeof target === 'string') return failed(target)
  const { webhook, secrets } = target
  // A test is for one that is set up, whatever it asked for; nothing is for one that is disabled.
  if (!webhook.enabled) return failed('webhook_disabled')
  const check = checkWebhookUrl(webhook.url, parseAllowedHosts(env.WEBHOOK_ALLOWED_HOSTS))
  if (!check.ok) return failed('url_not_allowed')
  // Half a lease at most: an attempt must be reported before it is taken for lost.
  const deadlineMs = Math.min(DEADLINE_MS, (Number(env.LEASE_SECONDS) * 1000) / 2)
  const controller = new AbortController()
  const deadline = setTimeout(() => controller.abort(), deadlineMs)
  try {
    const refusal = check.named ? null : await refuseHost(env, new URL(check.url).hostname, controller.signal)
    if (refusal !== null) return failed(refusal)
    const headers = await signWebhook({ id: event.id, at: now, body: event.body }, secrets)
    return await post(check.url, headers, event.body, controller.signal)
  } finally {
    clearTimeout(deadline)
  }
}

async function openTarget(env: Env, { appId, webhookId }: WebhookRef, now: number) {
  try {
    const database = databaseOf(env, appId)
    return (await openWebhook(database, masterKeysOf(env), appId, webhookId, now)) ?? 'webhook_deleted'
  } catch (error) {
    if (!(error instanceof MasterKeyError || error instanceof SealError)) throw error
    console.error('the secret of a webhook does not open', { appId, webhookId, error: String(error) })
    return 'secret_unreadable'
  }
}

async function post(
  url: string,
  signed: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<WebhookResult> {
  const headers = { ...signed, 'content-type': 'application/json', 'user-agent': 'Fanfare-Webhooks/1' }
  try {
    // A redirect is an answer like any other: nobody has checked where it leads.
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal })
    const { status } = response
    await response.body?.cancel()
    const retryAfterSeconds = readRetryAfterSeconds(Object.fromEntries(response.headers), Date.now())
    return { status, error: readWebhookStatus(status), ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) }
  } catch (error) {
    console.warn('a webhook gave no answer', { host: new URL(url).host, error: String(error) })
    return failed(signal.aborted ? 'timeout' : 'connection_failed')
  }
}

function failed(error: WebhookFailure): WebhookResult {
  return { status: null, error }
}
