/** Notifications: send, follow, cancel. What a body means is decided in read-send.ts. */
import { createRoute, z } from '@hono/zod-openapi'
import { type NewNotification, replayNotification } from '../../durable-objects/notifications.ts'
import type { Audience, Send } from '../../push/notification.ts'
import { readDevices } from '../../schema/d1/devices.ts'
import { databaseOf } from '../../schema/databases.ts'
import { sourceOf } from './audit-source.ts'
import { allow } from './auth.ts'
import { appIdOf } from './caller.ts'
import { confirmingCaller, requireConfirmation } from './confirm-send.ts'
import { confirmationHeader } from './confirmation-header.ts'
import { countRecipients } from './count-recipients.ts'
import { notificationIdField } from './fields.ts'
import { askNotification } from './find-notification.ts'
import { hashBody, idempotencyKeyHeader } from './idempotency.ts'
import { recallApp } from './known-apps.ts'
import { createdAnswer, notificationAnswer, notificationToWire } from './notification-answer.ts'
import { type NotificationBody, notificationBody } from './notification-body.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { warningsToWire } from './quota-warnings.ts'
import { readPauses } from './read-pause.ts'
import { readSend, type SendTerms } from './read-send.ts'
import { requireAccepted } from './require-accepted.ts'
import { newRouter } from './router.ts'
import { createWithinQuota, type QuotaAnswer } from './send-quota.ts'
import { requireSendable } from './within-limits.ts'

const TAGS = ['Notifications']
const notificationParams = z.object({ id: notificationIdField })

const sendNotification = createRoute({
  method: 'post',
  path: '/v1/notifications',
  tags: TAGS,
  summary: 'Send a notification',
  description:
    'When it has answered 202, the notification is durable: every recipient will be settled and accounted for. With ' +
    'an `Idempotency-Key` a repetition of the request finds the first one instead of sending twice; keys are ' +
    'remembered until 30 days after the notification is completed. A send to more recipients than the app’s ' +
    '`confirm_above_recipients` is answered `confirmation_required` with a `confirmation`, and taken with it.',
  ...allow('sendNotification'),
  request: {
    headers: idempotencyKeyHeader.extend(confirmationHeader.shape),
    body: { required: true, content: { 'application/json': { schema: notificationBody } } },
  },
  responses: {
    202: {
      description: 'Accepted, and durable.',
      headers: z.object({
        Location: z.string().openapi({ description: 'Where to follow it.' }),
        'Idempotent-Replayed': z.literal('true').optional().openapi({ description: 'This is the first answer again.' }),
        'Fanfare-Quota-Warning': z.string().optional().openapi({
          description: 'Daily quotas of which at least 80 per cent are used.',
          example: 'sends_a_day;used=81;limit=100',
        }),
      }),
      content: { 'application/json': { schema: createdAnswer } },
    },
    ...problems(
      'invalid_topic',
      'outside_limits',
      'reserved_data_key',
      'payload_too_large',
      'not_supported',
      'not_found',
      'confirmation_required',
      'idempotency_mismatch',
      'idempotency_in_flight',
      'quota_exceeded',
      'overloaded',
    ),
  },
})

const getNotification = createRoute({
  method: 'get',
  path: '/v1/notifications/{id}',
  tags: TAGS,
  summary: 'Follow a notification',
  description:
    'At every moment `targeted` is the sum of `pending accepted unregistered failed suppressed expired canceled`; ' +
    'when the notification is completed, `pending` is 0. `delivered`, `opened` and `clicked` come from the devices.',
  ...allow('getNotification'),
  request: { params: notificationParams },
  responses: {
    200: { description: 'The notification.', content: { 'application/json': { schema: notificationAnswer } } },
    ...problems('not_found'),
  },
})

const cancelNotification = createRoute({
  method: 'post',
  path: '/v1/notifications/{id}/cancel',
  tags: TAGS,
  summary: 'Cancel a notification',
  description:
    'Stops what has not been handed to a push service. Idempotent; a notification that is completed stays completed.',
  ...allow('cancelNotification'),
  request: { params: notificationParams },
  responses: {
    200: { description: 'What it came to.', content: { 'application/json': { schema: notificationAnswer } } },
    ...problems('not_found'),
  },
})

export const notifications = newRouter()
  .openapi(sendNotification, async (c) => {
    const caller = c.get('caller')
    const body = c.req.valid('json')
    requireSendable(caller, { topic: body.to.topic ?? null, category: body.category ?? null })
    const { 'idempotency-key': idempotencyKey = null, 'fanfare-confirmation': confirmation = null } =
      c.req.valid('header')
    const [sentBy, now] = [sourceOf(c, caller), Date.now()]
    const request = { appId: appIdOf(caller), idempotencyKey, bodyHash: await hashBody(body), sentBy, now }
    const { answer, reached } = await acceptSend(c.env, body, request, {
      caller: confirmingCaller(caller),
      confirmation,
    })
    if (reached.length > 0) c.header('Fanfare-Quota-Warning', warningsToWire(reached))
    const { kind, id, status } = requireAccepted(answer, idempotencyKey)
    const replayed = kind === 'replayed' ? { 'Idempotent-Replayed': 'true' } : undefined
    return c.json({ id, status }, 202, { Location: `/v1/notifications/${id}`, ...replayed })
  })
  .openapi(getNotification, async (c) => {
    const caller = c.get('caller')
    const view = await askNotification(c.env, caller, c.req.valid('param').id, (notification) => notification.view())
    return c.json(notificationToWire(view, await readPauses(c.env, appIdOf(caller), view.byPlatform)), 200)
  })
  .openapi(cancelNotification, async (c) => {
    const { id } = c.req.valid('param')
    const view = await askNotification(c.env, c.get('caller'), id, (notification) => notification.cancel())
    c.var.audit.after({ status: view.status, canceled: view.counts.canceled })
    // Who is canceled waits for nothing.
    return c.json(notificationToWire(view, []), 200)
  })

type SendRequest = Omit<NewNotification, 'send'>

/** A repetition gets its first answer, also when what was asked would no longer be taken: a time that has passed, say. */
async function acceptSend(
  env: Env,
  body: NotificationBody,
  request: SendRequest,
  confirmed: { readonly caller: string; readonly confirmation: string | null },
): Promise<QuotaAnswer> {
  let send: Send
  try {
    send = readSend(body, await termsOf(env, request))
    const { audience } = send
    await requireDevices(env, request.appId, audience)
    await requireConfirmation(env, { ...request, ...confirmed }, (matters) =>
      countRecipients(env, request.appId, audience, { matters, now: request.now }),
    )
  } catch (problem) {
    const earlier = await replayNotification(env, request)
    if (earlier === null) throw problem
    return { answer: earlier, reached: [] }
  }
  return await createWithinQuota(env, { ...request, send })
}

async function termsOf(env: Env, { appId, now }: SendRequest): Promise<SendTerms> {
  const app = await recallApp(env, appId, now)
  return { now, signMessages: app?.settings.signMessages ?? false, publicUrl: env.PUBLIC_URL }
}

/** A device that is named must exist; a user need not have any. @throws ApiProblem `not_found` */
async function requireDevices(env: Env, appId: string, audience: Audience): Promise<void> {
  if (audience.kind !== 'devices') return
  const found = await readDevices(databaseOf(env, appId), appId, audience.deviceIds)
  const known = new Set(found.map((device) => device.id))
  const missing = audience.deviceIds.findIndex((id) => !known.has(id))
  if (missing === -1) return
  throw new ApiProblem('not_found', `There is no device ${audience.deviceIds[missing]} in this app.`, {
    param: `/to/devices/${missing}`,
  })
}
