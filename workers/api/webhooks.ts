/** `/v1/apps/{app}/webhooks`: where an app wants to hear of what happens. */
import { createRoute, z } from '@hono/zod-openapi'
import { outboxOf } from '../../durable-objects/stubs.ts'
import { forgetWebhooks } from '../../durable-objects/webhook-subscriptions.ts'
import { ID_RANDOM_BYTES, makeId } from '../../push/ids.ts'
import { checkWebhookUrl, parseAllowedHosts } from '../../push/outbound-url.ts'
import { SEAL_IV_BYTES } from '../../push/sealing.ts'
import { makeWebhookSecret, WEBHOOK_SECRET_BYTES } from '../../push/webhook-signature.ts'
import {
  changeWebhook,
  deleteWebhook,
  insertWebhook,
  listWebhooks,
  replaceWebhookSecret,
  type Webhook,
  type WebhookSealing,
} from '../../schema/d1/webhooks.ts'
import { databaseOf } from '../../schema/databases.ts'
import { appIdField, requireApp } from './app-scope.ts'
import { allow } from './auth.ts'
import { cutPage, decodeCursor } from './cursor.ts'
import { pageFields, pageOf } from './fields.ts'
import { requireWebhook, unknownWebhook } from './find-webhook.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'
import { requireMasterKeys } from './secrets.ts'
import {
  madeWebhookAnswer,
  newWebhookBody,
  rotationBody,
  webhookAnswer,
  webhookChangeBody,
  webhookForAudit,
  webhookIdField,
  webhookToWire,
} from './webhook-body.ts'

const TAGS = ['Webhooks']
const CURSOR = /^wh_[0-9a-z]{29}$/

/** Every event is kept once for each that asked for it; who needs more passes events on. */
const MOST_WEBHOOKS = 20

const inApp = z.object({ app: appIdField })
const ofWebhook = inApp.extend({ id: webhookIdField })

export const webhooks = newRouter()

webhooks.openapi(
  createRoute({
    method: 'post',
    path: '/v1/apps/{app}/webhooks',
    tags: TAGS,
    summary: 'Create a webhook',
    description:
      'Events are POSTed to its URL as Standard Webhooks, signed with its secret. Elsewhere in the world what happens in ' +
      'the next five seconds may not be told to it yet.',
    ...allow('createWebhook'),
    request: {
      params: inApp,
      body: { required: true, content: { 'application/json': { schema: newWebhookBody } } },
    },
    responses: {
      201: { description: 'Created.', content: { 'application/json': { schema: madeWebhookAnswer } } },
      ...problems('not_found', 'webhook_url_not_allowed', 'too_many_webhooks', 'credentials_key_missing'),
    },
  }),
  async (c) => {
    const { id: appId } = await requireApp(c, c.req.valid('param').app)
    const { url, events, description = null, enabled = true } = c.req.valid('json')
    const now = Date.now()
    const webhook: Webhook = {
      appId,
      id: makeId('wh', now, crypto.getRandomValues(new Uint8Array(ID_RANDOM_BYTES))),
      url: readUrl(c.env, url),
      events,
      description,
      enabled,
      disabledReason: null,
      disabledAt: null,
      previousExpiresAt: null,
      createdAt: now,
    }
    const secret = newSecret()
    const made = await insertWebhook(databaseOf(c.env, appId), webhook, secret, sealing(c.env), MOST_WEBHOOKS)
    if (!made) {
      throw new ApiProblem('too_many_webhooks', `The app has ${MOST_WEBHOOKS} webhooks. Delete one it does not need.`)
    }
    forgetWebhooks(appId)
    c.var.audit.about(webhook.id)
    c.var.audit.after(await webhookForAudit(webhook))
    return c.json({ ...webhookToWire(webhook), secret }, 201)
  },
)

webhooks.openapi(
  createRoute({
    method: 'get',
    path: '/v1/apps/{app}/webhooks',
    tags: TAGS,
    summary: 'List webhooks',
    description: 'In the order they were made.',
    ...allow('listWebhooks'),
    request: { params: inApp, query: z.strictObject(pageFields) },
    responses: {
      200: { description: 'A page.', content: { 'application/json': { schema: pageOf(webhookAnswer) } } },
      ...problems('invalid_cursor', 'not_found'),
    },
  }),
  async (c) => {
    const { id: appId } = await requireApp(c, c.req.valid('param').app)
    const { limit, cursor } = c.req.valid('query')
    const after = cursor === undefined ? '' : decodeCursor(cursor, CURSOR)
    const rows = await listWebhooks(databaseOf(c.env, appId), appId, after, limit + 1)
    const { page, next_cursor } = cutPage(rows, limit, ({ id }) => id)
    return c.json({ data: page.map(webhookToWire), next_cursor }, 200)
  },
)

webhooks.openapi(
  createRoute({
    method: 'get',
    path: '/v1/apps/{app}/webhooks/{id}',
    tags: TAGS,
    summary: 'Read a webhook',
    ...allow('getWebhook'),
    request: { params: ofWebhook },
    responses: {
      200: { description: 'Without its secret.', content: { 'application/json': { schema: webhookAnswer } } },
      ...problems('not_found'),
    },
  }),
  async (c) => c.json(webhookToWire(await requireWebhook(c, c.req.valid('param'))), 200),
)

webhooks.openapi(
  createRoute({
    method: 'patch',
    path: '/v1/apps/{app}/webhooks/{id}',
    tags: TAGS,
    summary: 'Change a webhook',
    description: 'What is left out stays. What is on its way goes to the URL that the webhook has by then.',
    ...allow('changeWebhook'),
    request: {
      params: ofWebhook,
      body: { required: true, content: { 'application/json': { schema: webhookChangeBody } } },
    },
    responses: {
      200: { description: 'As it is now.', content: { 'application/json': { schema: webhookAnswer } } },
      ...problems('not_found', 'webhook_url_not_allowed'),
    },
  }),
  async (c) => {
    const webhook = await requireWebhook(c, c.req.valid('param'))
    const { appId, id } = webhook
    const { url, events, description, enabled } = c.req.valid('json')
    const changed = await changeWebhook(databaseOf(c.env, appId), appId, id, {
      ...(url !== undefined && { url: readUrl(c.env, url) }),
      ...(events !== undefined && { events }),
      ...(description !== undefined && { description }),
      ...(enabled !== undefined && { enabled, disabledReason: null, disabledAt: null }),
    })
    if (changed === null) throw unknownWebhook(id)
    forgetWebhooks(appId)
    c.var.audit.before(await webhookForAudit(webhook))
    c.var.audit.after(await webhookForAudit(changed))
    return c.json(webhookToWire(changed), 200)
  },
)

webhooks.openapi(
  createRoute({
    method: 'delete',
    path: '/v1/apps/{app}/webhooks/{id}',
    tags: TAGS,
    summary: 'Delete a webhook',
    description: 'With its log. What is on its way is given up.',
    ...allow('deleteWebhook'),
    request: { params: ofWebhook },
    responses: { 204: { description: 'Deleted.' }, ...problems('not_found') },
  }),
  async (c) => {
    const webhook = await requireWebhook(c, c.req.valid('param'))
    const { appId, id } = webhook
    await deleteWebhook(databaseOf(c.env, appId), appId, id)
    forgetWebhooks(appId)
    await outboxOf(c.env, appId).forget(id)
    c.var.audit.before(await webhookForAudit(webhook))
    return c.body(null, 204)
  },
)

webhooks.openapi(
  createRoute({
    method: 'post',
    path: '/v1/apps/{app}/webhooks/{id}/secret',
    tags: TAGS,
    summary: 'Rotate the secret of a webhook',
    description:
      'Signs with a new secret from the next attempt on. For `overlap_seconds` the one before signs too: an attempt then ' +
      'has two signatures, and a receiver verifies with whichever secret it has.',
    ...allow('rotateWebhookSecret'),
    request: {
      params: ofWebhook,
      body: { required: true, content: { 'application/json': { schema: rotationBody } } },
    },
    responses: {
      200: { description: 'The new secret, once.', content: { 'application/json': { schema: madeWebhookAnswer } } },
      ...problems('not_found', 'credentials_key_missing'),
    },
  }),
  async (c) => {
    const webhook = await requireWebhook(c, c.req.valid('param'))
    const previousExpiresAt = Date.now() + c.req.valid('json').overlap_seconds * 1000
    const [secret, database] = [newSecret(), databaseOf(c.env, webhook.appId)]
    const changed = await replaceWebhookSecret(database, webhook, secret, sealing(c.env), previousExpiresAt)
    if (changed === null) throw unknownWebhook(webhook.id)
    c.var.audit.before(await webhookForAudit(webhook))
    c.var.audit.after(await webhookForAudit(changed))
    return c.json({ ...webhookToWire(changed), secret }, 200)
  },
)

/** @throws ApiProblem `webhook_url_not_allowed` */
function readUrl(env: Env, url: string): string {
  const check = checkWebhookUrl(url, parseAllowedHosts(env.WEBHOOK_ALLOWED_HOSTS))
  if (check.ok) return check.url
  throw new ApiProblem('webhook_url_not_allowed', check.detail, { param: '/url' })
}

function newSecret(): string {
  return makeWebhookSecret(crypto.getRandomValues(new Uint8Array(WEBHOOK_SECRET_BYTES)))
}

/** @throws ApiProblem `credentials_key_missing`, `credentials_key_invalid` */
function sealing(env: Env): WebhookSealing {
  return { masterKey: requireMasterKeys(env)[0], iv: crypto.getRandomValues(new Uint8Array(SEAL_IV_BYTES)) }
}
