/** Receipts: what a device reports about notifications it got. */
import { createRoute, z } from '@hono/zod-openapi'
import type { ReceiptEvent } from '../../durable-objects/rpc.ts'
import { notificationNamed } from '../../durable-objects/stubs.ts'
import { isId } from '../../push/ids.ts'
import { noteSignOfLife } from '../jobs/signs-of-life.ts'
import { allow } from './auth.ts'
import type { Caller } from './caller.ts'
import { instantInput, notificationIdField } from './fields.ts'
import { keepProven } from './receipt-proofs.ts'
import { newRouter } from './router.ts'

/** A device that was offline for weeks has fewer; each notification among them is one call. */
const MAX_EVENTS = 100
/** A signature of ours has 426. */
const MAX_PROOF_CHARACTERS = 1_000

const receiptBody = z
  .strictObject({
    events: z
      .array(
        z.strictObject({
          notification_id: notificationIdField,
          event: z.enum(['delivered', 'opened', 'clicked', 'dismissed']),
          at: instantInput.openapi({ description: "By the device's clock; a future instant counts as now." }),
          proof: z.string().max(MAX_PROOF_CHARACTERS).optional().openapi({
            description: '`fanfare_sig` of the push. Only asked for where the app signs its messages.',
          }),
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

type ReportedEvent = z.infer<typeof receiptBody>['events'][number]

const receiptAnswer = z
  .object({
    recorded: z.int().openapi({ description: 'Events taken, those that were known already included.', example: 1 }),
    unknown: z.array(z.string()).openapi({ description: 'Ids that are no notifications of the app; drop them.' }),
    refused: z
      .array(z.string())
      .optional()
      .openapi({
        description:
          'Only where the app signs its messages: ids of notifications with an event whose `proof` was missing or is not ' +
          'that of this push on this device. Such an event counts for nothing; drop it.',
      }),
  })
  .openapi('ReceiptAnswer')

const reportReceipts = createRoute({
  method: 'post',
  path: '/v1/receipts',
  tags: ['Receipts'],
  summary: 'Report receipts',
  description:
    "With the device's own key. Every (notification, device, event) counts once, however often it is reported, so " +
    'a report that got no answer is simply sent again. Where the app signs its messages, an event counts only with its ' +
    '`proof`.',
  ...allow('reportReceipts'),
  request: { body: { required: true, content: { 'application/json': { schema: receiptBody } } } },
  responses: {
    200: { description: 'What was taken.', content: { 'application/json': { schema: receiptAnswer } } },
  },
})

export const receipts = newRouter().openapi(reportReceipts, async (c) => {
  const device = c.get('caller') as Extract<Caller, { kind: 'device' }>
  const { taken, refused } = await keepProven(c.env, device, c.req.valid('json').events, Date.now())
  const byNotification = groupEvents(taken, Date.now())
  const answers = await Promise.all(
    [...byNotification].map(async ([id, events]) => {
      const known =
        isId('ntf', id) && (await notificationNamed(c.env, device.appId, id).record(device.deviceId, events))
      return { id, taken: known ? events.length : 0 }
    }),
  )
  const { appId, deviceId } = device
  noteSignOfLife(c.env, { appId, deviceId }, Date.now())
  const recorded = answers.reduce((sum, answer) => sum + answer.taken, 0)
  const unknown = answers.filter((answer) => answer.taken === 0).map(({ id }) => id)
  return c.json({ recorded, unknown, ...(refused && { refused }) }, 200)
})

/** @param now epoch ms; no event was later */
function groupEvents(
  events: readonly ReportedEvent[],
  now: number,
): Map<string, { event: ReceiptEvent; at: number }[]> {
  const grouped = Map.groupBy(events, (event) => event.notification_id)
  return new Map(
    [...grouped].map(([id, list]) => [id, list.map(({ event, at }) => ({ event, at: Math.min(Date.parse(at), now) }))]),
  )
}
