/** The `{id}` of a webhook's path: whether there is one in this app, for this caller. */
import type { Context } from 'hono'
import { readWebhook, type Webhook } from '../../schema/d1/webhooks.ts'
import { databaseOf } from '../../schema/databases.ts'
import { requireApp } from './app-scope.ts'
import type { ApiEnv } from './context.ts'
import { ApiProblem } from './problem.ts'

/** @throws ApiProblem `not_found`, for another app's ids too */
export async function requireWebhook(
  c: Context<ApiEnv>,
  { app, id }: { readonly app: string; readonly id: string },
): Promise<Webhook> {
  const { id: appId } = await requireApp(c, app)
  const webhook = await readWebhook(databaseOf(c.env, appId), appId, id)
  if (webhook === null) throw unknownWebhook(id)
  return webhook
}

/** What a disabled one is asked to send would be given up at once. @throws ApiProblem `webhook_disabled` */
export function requireEnabled(webhook: Webhook): void {
  if (webhook.enabled) return
  throw new ApiProblem('webhook_disabled', 'The webhook is disabled. Set enabled to true with PATCH first.', {
    param: 'id',
  })
}

export function unknownWebhook(id: string): ApiProblem {
  return new ApiProblem('not_found', `The app has no webhook ${id}.`, { param: 'id' })
}
