/** Receipts: what a device reports about notifications it got. */
import { createRoute, z } from '@hono/zod-openapi'
import type { ReceiptEvent } from '../../durable-objects/rpc.ts'
import { notificationNamed } from '../../durable-objects/stubs.ts'
import { isId } from '../../push/ids.ts'
import { noteSignOfLife } from '../jobs/signs-of-life.ts'
import { allow } from './auth.ts'
import type { Caller } from './caller.ts'
import { instantInput, notificationIdField } from './fields.ts'
import { newRouter } from './router.ts'

/** A device that was offline for weeks has fewer; each notification among them is one call. */
const MAX_EVENTS = 100

const receiptBody = z
  .strictObject({
    events: z
      .array(
        z.strictObject({
          notification_id: notificationIdField,
          event: z.enum(['delivered', 'opened', 'clicked', 'dismissed']),
          at: instantInput.openapi({ description: "By the device's clock; a future instant counts as now." }),
        }),
      )
      .min(1)
      .max(MAX_EVENTS),
  })
  .openapi('Receipts', {
    example: {
      events: [
        { notification_id: 'ntf_01kb3c8r9q4h7n2m5v8x1z6t3w0yd', event: 'clicked', at: '2026-12-01T09:00:04.120Z' },
      ],
    },
  })

type ReceiptBody = z.infer<typeof receiptBody>

const receiptAnswer = z
  .object({
    recorded: z.int().openapi({ description: 'Events taken, those that were known already included.', example: 1 }),
    unknown: z.array(z.string()).openapi({ description: 'Ids that are no notifications of the app; drop them.' }),
  })
  .openapi('ReceiptAnswer')

const reportReceipts = createRoute({
  method: 'post',
  path: '/v1/receipts',
  tags: ['Receipts'],
  summary: 'Report receipts',
  description:
    "With the device's own key. Every (notification, device, event) counts once, however often it is reported, so " +
    'a report that got no answer is simply sent again.',
  ...allow('reportReceipts'),
  request: { body: { required: true, content: { 'application/json': { schema: receiptBody } } } },
  responses: {
    200: { description: 'What was taken.', content: { 'application/json': { schema: receiptAnswer } } },
  },
})

export const receipts = newRouter().openapi(reportReceipts, async (c) => {
  const device = c.get('caller') as Extract<Caller, { kind: 'device' }>
  const byNotification = groupEvents(c.req.valid('json'), Date.now())
  const answers = await Promise.all(
    [...byNotification].map(async ([id, events]) => {
      const known =
        isId('ntf', id) && (await notificationNamed(c.env, device.appId, id).record(device.deviceId, events))
      return { id, taken: known ? events.length : 0 }
    }),
  )
  const { appId, deviceId } = device
  noteSignOfLife(c.env, { appId, deviceId }, Date.now())
  const recorded = answers.reduce((sum, { taken }) => sum + taken, 0)
  return c.json({ recorded, unknown: answers.filter(({ taken }) => taken === 0).map(({ id }) => id) }, 200)
})

/** @param now epoch ms; no event was later */
function groupEvents({ events }: ReceiptBody, now: number): Map<string, { event: ReceiptEvent; at: number }[]> {
  const grouped = Map.groupBy(events, (event) => event.notification_id)
  return new Map(
    [...grouped].map(([id, list]) => [id, list.map(({ event, at }) => ({ event, at: Math.min(Date.parse(at), now) }))]),
  )
}
