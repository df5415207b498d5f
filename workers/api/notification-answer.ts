/** A notification and its deliveries on the wire, as we answer them. Schemas and conversions only. */
import { z } from '@hono/zod-openapi'
import type { DeliveryView, NotificationView } from '../../durable-objects/rpc.ts'
import { PLATFORMS } from '../../push/device.ts'
import { SETTLED_STATUSES } from '../../push/outcome.ts'
import { attemptField, historyToWire } from './dead-letter-answer.ts'
import { deviceIdField, instantField, instantOf, instantOrNull, notificationIdField } from './fields.ts'
import type { PlatformPause } from './read-pause.ts'

export const DELIVERY_STATUSES = ['pending', ...SETTLED_STATUSES] as const

const count = z.int().min(0)

const ledgerCounts = z
  .object({
    targeted: count.openapi({ description: 'Recipients: the sum of all that follow.' }),
    pending: count.openapi({ description: 'Not settled yet.' }),
    accepted: count.openapi({ description: 'A push service took it.' }),
    unregistered: count.openapi({ description: 'The push service called the address dead; the device is retired.' }),
    failed: count.openapi({ description: 'Given up; the deliveries say why.' }),
    suppressed: count.openapi({ description: 'Fanfare chose not to send.' }),
    expired: count.openapi({ description: 'Not handed over within `ttl_seconds`.' }),
    canceled: count.openapi({ description: 'Stopped before it was handed over.' }),
  })
  .openapi('LedgerCounts')

const notificationCounts = ledgerCounts
  .extend({
    delivered: count.openapi({ description: 'Devices that reported it; no part of the sum.' }),
    opened: count,
    clicked: count,
  })
  .openapi('NotificationCounts')

const statusField = z.enum(['scheduled', 'queued', 'sending', 'completed', 'canceled'])

const pausedField = z
  .object({
    platform: z.enum(PLATFORMS),
    reason: z.string().openapi({ description: "The push service's own word.", example: 'InvalidProviderToken' }),
    paused_at: instantField,
  })
  .openapi('PausedPlatform')

export const notificationAnswer = z
  .object({
    id: notificationIdField,
    status: statusField,
    replay_of: notificationIdField.nullable().openapi({
      description: 'The notification whose dead letters this one sends again; null: it is no replay.',
    }),
    created_at: instantField,
    send_at: instantField.nullable().openapi({ description: 'null: at once.' }),
    started_at: instantField.nullable(),
    completed_at: instantField.nullable().openapi({ description: 'When the last recipient was settled.' }),
    counts: notificationCounts,
    by_platform: z
      .object({ fcm: ledgerCounts.optional(), apns: ledgerCounts.optional(), webpush: ledgerCounts.optional() })
      .openapi({ description: 'The platforms among the recipients; their counts add up to `counts`.' }),
    paused: z.array(pausedField).openapi({
      description:
        'Platforms whose pending recipients wait because the push service finds the credential wrong. Replace it, and ' +
        'they go on; what is not sent in time expires.',
    }),
  })
  .openapi('Notification')

export const createdAnswer = z.object({ id: notificationIdField, status: statusField }).openapi('CreatedNotification')

export const deliveryAnswer = z
  .object({
    device_id: deviceIdField,
    user_id: z.string().nullable(),
    platform: z.enum(PLATFORMS),
    status: z.enum(DELIVERY_STATUSES),
    attempts: z.int().min(0),
    reason: z.string().nullable().openapi({
      description: "The push service's own word, or snake_case of ours, such as `no_credentials` or `unconfirmed`.",
      example: null,
    }),
    updated_at: instantField,
    history: z.array(attemptField).openapi({ description: 'The attempts that did not succeed, in order.' }),
  })
  .openapi('Delivery')

export function notificationToWire(
  view: NotificationView,
  pauses: readonly PlatformPause[],
): z.input<typeof notificationAnswer> {
  return {
    id: view.id,
    status: view.status,
    replay_of: view.send.audience.kind === 'replay' ? view.send.audience.replay.of : null,
    created_at: instantOf(view.createdAt),
    send_at: instantOrNull(view.send.sendAt),
    started_at: instantOrNull(view.startedAt),
    completed_at: instantOrNull(view.completedAt),
    counts: { ...view.counts, ...view.receipts },
    by_platform: view.byPlatform,
    paused: pauses.map(({ platform, reason, since }) => ({ platform, reason, paused_at: instantOf(since) })),
  }
}

export function deliveryToWire(view: DeliveryView): z.input<typeof deliveryAnswer> {
  return {
    device_id: view.deviceId,
    user_id: view.userId,
    platform: view.platform,
    status: view.status,
    attempts: view.attempts,
    reason: view.reason,
    updated_at: instantOf(view.updatedAt),
    history: historyToWire(view),
  }
}
