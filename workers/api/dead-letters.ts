/** Dead letters: who was given up and why, and sending to them again. */
import { createRoute, z } from '@hono/zod-openapi'
import { PLATFORMS } from '../../push/device.ts'
import { sourceOf } from './audit-source.ts'
import { allow } from './auth.ts'
import { appIdOf } from './caller.ts'
import { confirmingCaller } from './confirm-send.ts'
import { confirmationHeader } from './confirmation-header.ts'
import { DELIVERY_CURSOR, decodeCursor, encodeCursor } from './cursor.ts'
import { deadLetterAnswer, deadLetterToWire, replayAnswer } from './dead-letter-answer.ts'
import { deviceIdField, notificationIdField, pageFields, pageOf } from './fields.ts'
import { hashBody, idempotencyKeyHeader } from './idempotency.ts'
import { APP_CURSOR, listDeadLetters } from './list-dead-letters.ts'
import { problems } from './problem-responses.ts'
import { readReplay, replayBody } from './read-replay.ts'
import { replayDeadLetters, requireReachable } from './replay-dead-letters.ts'
import { newRouter } from './router.ts'

const TAGS = ['Dead letters']

const listDeadLettersRoute = createRoute({
  method: 'get',
  path: '/v1/dead-letters',
  tags: TAGS,
  summary: 'List dead letters',
  description:
    'Recipients that were given up: status `failed`. Of one notification, or of all, the newest notification first; ' +
    'among all are those of notifications of which a ledger is done. A page may have fewer rows than `limit`, even ' +
    'none, and still a `next_cursor`.',
  ...allow('listDeadLetters'),
  request: {
    query: z.strictObject({
      notification_id: notificationIdField.optional(),
      platform: z.enum(PLATFORMS).optional(),
      reason: z.string().min(1).optional().openapi({ description: 'Exactly this reason.', example: 'unconfirmed' }),
      device_id: deviceIdField.optional(),
      replayed: z.enum(['true', 'false']).optional().openapi({
        description: '`false`: only those that nobody has sent again. `true`: only the others.',
        example: 'false',
      }),
      ...pageFields,
    }),
  },
  responses: {
    200: {
      description: 'A page of dead letters.',
      content: { 'application/json': { schema: pageOf(deadLetterAnswer) } },
    },
    ...problems('invalid_cursor', 'not_found'),
  },
})

const replayDeadLettersRoute = createRoute({
  method: 'post',
  path: '/v1/dead-letters/replay',
  tags: TAGS,
  summary: 'Send dead letters again',
  description:
    'Some, or all of a notification. Each notification becomes a new one with a ledger and a lifetime of its own, ' +
    "whose pushes carry the first one's `fanfare_id`, so that a device that did get it drops the second. A dead " +
    'letter is sent again once; who fails again is a dead letter of the replay. Where there is nothing to send again ' +
    'the answer has no `data`, and no notification is made. More recipients in all than the app’s ' +
    '`confirm_above_recipients` have to be confirmed, as those of `POST /v1/notifications`.',
  ...allow('replayDeadLetters'),
  request: {
    headers: idempotencyKeyHeader.extend(confirmationHeader.shape),
    body: { required: true, content: { 'application/json': { schema: replayBody } } },
  },
  responses: {
    202: {
      description: 'Accepted, and durable.',
      headers: z.object({
        'Idempotent-Replayed': z.literal('true').optional().openapi({ description: 'This is the first answer again.' }),
      }),
      content: { 'application/json': { schema: replayAnswer } },
    },
    ...problems(
      'not_found',
      'confirmation_required',
      'idempotency_mismatch',
      'idempotency_in_flight',
      'quota_exceeded',
      'overloaded',
    ),
  },
})

export const deadLetters = newRouter()
  .openapi(listDeadLettersRoute, async (c) => {
    const query = c.req.valid('query')
    const shape = query.notification_id === undefined ? APP_CURSOR : DELIVERY_CURSOR
    const page = await listDeadLetters(c.env, c.get('caller'), {
      notificationId: query.notification_id ?? null,
      platform: query.platform ?? null,
      reason: query.reason ?? null,
      deviceId: query.device_id ?? null,
      replayed: query.replayed === undefined ? null : query.replayed === 'true',
      limit: query.limit,
      cursor: query.cursor === undefined ? null : decodeCursor(query.cursor, shape),
    })
    const next_cursor = page.nextCursor === null ? null : encodeCursor(page.nextCursor)
    return c.json(
      { data: page.data.map(({ notificationId, view }) => deadLetterToWire(notificationId, view)), next_cursor },
      200,
    )
  })
  .openapi(replayDeadLettersRoute, async (c) => {
    const body = c.req.valid('json')
    const groups = readReplay(body)
    await requireReachable(c.env, c.get('caller'), groups)
    const { 'idempotency-key': idempotencyKey = null, 'fanfare-confirmation': confirmation = null } =
      c.req.valid('header')
    const { answer, isRepetition } = await replayDeadLetters(c.env, {
      appId: appIdOf(c.get('caller')),
      groups,
      idempotencyKey,
      caller: confirmingCaller(c.get('caller')),
      confirmation,
      bodyHash: await hashBody(body),
      sentBy: sourceOf(c, c.get('caller')),
      now: Date.now(),
    })
    return c.json(answer, 202, isRepetition ? { 'Idempotent-Replayed': 'true' } : undefined)
  })
