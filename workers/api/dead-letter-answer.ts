/** Dead letters and replays on the wire. Schemas and conversions only. */
import { z } from '@hono/zod-openapi'
import type { DeliveryView } from '../../durable-objects/rpc.ts'
import { makeDeadLetterId } from '../../push/dead-letter-id.ts'
import { PLATFORMS } from '../../push/device.ts'
import { deviceIdField, instantField, instantOf, notificationIdField } from './fields.ts'

export const attemptField = z
  .object({
    at: instantField,
    reason: z.string().openapi({ description: 'Why it did not succeed.', example: 'UNAVAILABLE' }),
  })
  .openapi('FailedAttempt')

export const deadLetterIdField = z.string().openapi({
  description: 'The id of a dead letter.',
  example: 'dlq_01kb3c8r9q4h7n2m5v8x1z6t3w0yd00010000k07',
})

export const deadLetterAnswer = z
  .object({
    id: deadLetterIdField,
    notification_id: notificationIdField,
    device_id: deviceIdField,
    user_id: z.string().nullable(),
    platform: z.enum(PLATFORMS),
    status: z.literal('failed'),
    reason: z.string().nullable().openapi({ description: 'Why it was given up.', example: 'PayloadTooLarge' }),
    attempts: z.int().min(0),
    history: z.array(attemptField).openapi({ description: 'Every attempt, in order; the last one is the end.' }),
    failed_at: instantField,
    replayed_by: notificationIdField.nullable().openapi({
      description: 'The notification that sends it again; null: nobody asked for that.',
    }),
  })
  .openapi('DeadLetter')

export const replayAnswer = z
  .object({
    data: z
      .array(
        z.object({
          id: notificationIdField.openapi({ description: 'The new notification. Follow it like any other.' }),
          replay_of: notificationIdField,
          recipients: z.int().min(1).openapi({ description: 'Dead letters that it sends again.' }),
        }),
      )
      .openapi({ description: 'One for each notification that had dead letters to send again.' }),
    skipped: z.int().min(0).openapi({ description: 'Dead letters that an earlier replay had taken already.' }),
  })
  .openapi('Replays')

export type ReplayAnswer = z.input<typeof replayAnswer>

export function deadLetterToWire(notificationId: string, view: DeliveryView): z.input<typeof deadLetterAnswer> {
  return {
    id: makeDeadLetterId({ notificationId, ...view.place }),
    notification_id: notificationId,
    device_id: view.deviceId,
    user_id: view.userId,
    platform: view.platform,
    status: 'failed',
    reason: view.reason,
    attempts: view.attempts,
    history: historyToWire(view),
    failed_at: instantOf(view.updatedAt),
    replayed_by: view.replayedBy,
  }
}

export function historyToWire({ history }: DeliveryView): z.input<typeof attemptField>[] {
  return history.map(({ at, reason }) => ({ at: instantOf(at), reason }))
}
