/** The deliveries of a notification: what became of each recipient. */
import { createRoute, z } from '@hono/zod-openapi'
import { allow } from './auth.ts'
import { DELIVERY_CURSOR, decodeCursor, encodeCursor } from './cursor.ts'
import { deviceIdField, notificationIdField, pageFields, pageOf } from './fields.ts'
import { askNotification } from './find-notification.ts'
import { DELIVERY_STATUSES, deliveryAnswer, deliveryToWire } from './notification-answer.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'

const listDeliveries = createRoute({
  method: 'get',
  path: '/v1/notifications/{id}/deliveries',
  tags: ['Notifications'],
  summary: 'List deliveries',
  description:
    'One row a recipient. With `device_id`, the fate of that one device. A page may have fewer rows than `limit`, even ' +
    'none, and still a `next_cursor`.',
  ...allow('listDeliveries'),
  request: {
    params: z.object({ id: notificationIdField }),
    query: z.strictObject({
      status: z.enum(DELIVERY_STATUSES).optional().openapi({ description: 'Only these.', example: 'failed' }),
      device_id: deviceIdField.optional(),
      ...pageFields,
    }),
  },
  responses: {
    200: { description: 'A page of deliveries.', content: { 'application/json': { schema: pageOf(deliveryAnswer) } } },
    ...problems('invalid_cursor', 'not_found'),
  },
})

export const deliveries = newRouter().openapi(listDeliveries, async (c) => {
  const { status = null, device_id: deviceId = null, limit, cursor: encoded } = c.req.valid('query')
  const cursor = encoded === undefined ? null : decodeCursor(encoded, DELIVERY_CURSOR)
  const page = await askNotification(c.env, c.get('caller'), c.req.valid('param').id, (notification) =>
    notification.deliveries({ status, deviceId, cursor, limit, platform: null, reason: null, replayed: null }),
  )
  const next_cursor = page.nextCursor === null ? null : encodeCursor(page.nextCursor)
  return c.json({ data: page.data.map(deliveryToWire), next_cursor }, 200)
})
