/** `/v1/apps/{app}/webhooks/{id}/deliveries`: the log of a webhook, trying it out, and sending events again. */
import { createRoute, z } from '@hono/zod-openapi'
import { outboxOf } from '../../durable-objects/stubs.ts'
import type { LoggedDelivery } from '../../durable-objects/webhook-rpc.ts'
import { makeWebhookEvent } from '../../push/webhook-event.ts'
import { WEBHOOK_DELIVERY_STATUSES } from '../../schema/webhooks/deliveries.ts'
import { appIdField } from './app-scope.ts'
import { allow } from './auth.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { instantInput, pageFields, pageOf } from './fields.ts'
import { requireEnabled, requireWebhook } from './find-webhook.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'
import {
  loggedDeliveryAnswer,
  webhookDeliveryAnswer,
  webhookDeliveryIdField,
  webhookDeliveryToWire,
  webhookIdField,
} from './webhook-body.ts'

const TAGS = ['Webhooks']

const ofWebhook = z.object({ app: appIdField, id: webhookIdField })
const ofDelivery = ofWebhook.extend({ delivery: webhookDeliveryIdField })

const CURSOR = /^whd_[0-9a-z]{29}$/

export const webhookDeliveries = newRouter()

webhookDeliveries.openapi(
  createRoute({
    method: 'post',
    path: '/v1/apps/{app}/webhooks/{id}/test',
    tags: TAGS,
    summary: 'Try a webhook out',
    description: 'Sends it an event `webhook.test`, whatever it asked for. Read the delivery to see what came of it.',
    ...allow('testWebhook'),
    request: { params: ofWebhook },
    responses: {
      202: { description: 'On its way.', content: { 'application/json': { schema: webhookDeliveryAnswer } } },
      ...problems('not_found', 'webhook_disabled'),
    },
  }),
  async (c) => {
    const webhook = await requireWebhook(c, c.req.valid('param'))
    requireEnabled(webhook)
    const [at, data] = [Date.now(), { webhook_id: webhook.id }]
    const event = await makeWebhookEvent({ type: 'webhook.test', at, key: crypto.randomUUID(), data })
    const logged = await outboxOf(c.env, webhook.appId).emitTo(webhook.id, event)
    return c.json(webhookDeliveryToWire(logged), 202)
  },
)

webhookDeliveries.openapi(
  createRoute({
    method: 'get',
    path: '/v1/apps/{app}/webhooks/{id}/deliveries',
    tags: TAGS,
    summary: 'List deliveries of a webhook',
    description: 'The newest first, of the last 30 days.',
    ...allow('listWebhookDeliveries'),
    request: {
      params: ofWebhook,
      query: z.strictObject({
        status: z.enum(WEBHOOK_DELIVERY_STATUSES).optional().openapi({ description: 'Only these.', example: 'failed' }),
        ...pageFields,
      }),
    },
    responses: {
      200: { description: 'A page.', content: { 'application/json': { schema: pageOf(webhookDeliveryAnswer) } } },
      ...problems('invalid_cursor', 'not_found'),
    },
  }),
  async (c) => {
    const { appId, id: webhookId } = await requireWebhook(c, c.req.valid('param'))
    const { status = null, limit, cursor } = c.req.valid('query')
    const from = cursor === undefined ? null : decodeCursor(cursor, CURSOR)
    const page = await outboxOf(c.env, appId).list({ webhookId, status, from, limit })
    const next_cursor = page.nextFrom === null ? null : encodeCursor(page.nextFrom)
    return c.json({ data: page.data.map(webhookDeliveryToWire), next_cursor }, 200)
  },
)

webhookDeliveries.openapi(
  createRoute({
    method: 'get',
    path: '/v1/apps/{app}/webhooks/{id}/deliveries/{delivery}',
    tags: TAGS,
    summary: 'Read a delivery of a webhook',
    ...allow('getWebhookDelivery'),
    request: { params: ofDelivery },
    responses: {
      200: { description: 'With what is sent.', content: { 'application/json': { schema: loggedDeliveryAnswer } } },
      ...problems('not_found'),
    },
  }),
  async (c) => {
    const { delivery: deliveryId, ...path } = c.req.valid('param')
    const { appId, id } = await requireWebhook(c, path)
    const logged = required(await outboxOf(c.env, appId).find(id, deliveryId), deliveryId)
    return c.json({ ...webhookDeliveryToWire(logged), body: logged.event.body }, 200)
  },
)

webhookDeliveries.openapi(
  createRoute({
    method: 'post',
    path: '/v1/apps/{app}/webhooks/{id}/deliveries/{delivery}/replay',
    tags: TAGS,
    summary: 'Send an event again',
    description:
      'Delivered or failed, at once, from the beginning of the schedule and with the same `webhook-id`. One that is ' +
      'pending stays as it is.',
    ...allow('replayWebhookDelivery'),
    request: { params: ofDelivery },
    responses: {
      202: { description: 'On its way.', content: { 'application/json': { schema: webhookDeliveryAnswer } } },
      ...problems('not_found', 'webhook_disabled'),
    },
  }),
  async (c) => {
    const { delivery: deliveryId, ...path } = c.req.valid('param')
    const webhook = await requireWebhook(c, path)
    requireEnabled(webhook)
    const replayed = await outboxOf(c.env, webhook.appId).replay(webhook.id, deliveryId)
    return c.json(webhookDeliveryToWire(required(replayed, deliveryId)), 202)
  },
)

webhookDeliveries.openapi(
  createRoute({
    method: 'post',
    path: '/v1/apps/{app}/webhooks/{id}/deliveries/replay',
    tags: TAGS,
    summary: 'Send failed events again',
    description: 'Those that were first sent since an instant, the oldest first, up to 1,000 a call.',
    ...allow('replayWebhookDeliveries'),
    request: {
      params: ofWebhook,
      body: {
        required: true,
        content: {
          'application/json': {
            schema: z
              .strictObject({ since: instantInput.openapi({ example: '2026-12-01T09:00:00Z' }) })
              .openapi('WebhookReplay'),
          },
        },
      },
    },
    responses: {
      202: {
        description: 'On their way.',
        content: {
          'application/json': {
            schema: z
              .object({
                replayed: z.int().openapi({ description: 'Deliveries that this call has sent again.', example: 12 }),
                more: z.boolean().openapi({ description: 'There are more: call again.' }),
              })
              .openapi('WebhookReplayAnswer'),
          },
        },
      },
      ...problems('not_found', 'webhook_disabled'),
    },
  }),
  async (c) => {
    const webhook = await requireWebhook(c, c.req.valid('param'))
    requireEnabled(webhook)
    const since = Date.parse(c.req.valid('json').since)
    return c.json(await outboxOf(c.env, webhook.appId).replayFailed(webhook.id, since), 202)
  },
)

function required(logged: LoggedDelivery | null, id: string): LoggedDelivery {
  if (logged !== null) return logged
  throw new ApiProblem('not_found', `The webhook has no delivery ${id}, or none any more.`, { param: 'delivery' })
}
