/** A notification on the wire, as the backend asks for it. Shape only: what it means is decided in read-send.ts. */
import { z } from '@hono/zod-openapi'
import { namesPublicHost } from '../../push/outbound-url.ts'
import { deviceIdField, instantInput, jsonObjectField, topicField, userIdField } from './fields.ts'

/** A send to users or devices is one ledger in one object; more is what topics are for. */
export const MAX_DIRECT_RECIPIENTS = 1000
/** Each user is a line of his own, which the request enters before it is answered: two calls each. */
export const MAX_ORDERED_RECIPIENTS = 100
/** FCM's maximum, four weeks; the other services store for at least as long. */
export const MAX_TTL_SECONDS = 2_419_200
/** FCM's `notification_count` is an int32 (projects.messages, AndroidNotification). */
const MAX_BADGE = 2_147_483_647
/** `apns-collapse-id` (Apple, "Sending notification requests to APNs"). */
const MAX_COLLAPSE_KEY_BYTES = 64

/** Which devices. Exactly one of the fields, see read-send.ts. */
const toField = z
  .strictObject({
    topic: topicField.optional(),
    users: z.array(userIdField).min(1).max(MAX_DIRECT_RECIPIENTS).optional(),
    devices: z.array(deviceIdField).min(1).max(MAX_DIRECT_RECIPIENTS).optional(),
    condition: z.string().optional().openapi({ description: 'Not supported by this version: send to a topic.' }),
    segment: z
      .string()
      .optional()
      .openapi({ description: 'Not supported by this version: send to a topic or to users.' }),
    audience: z
      .string()
      .optional()
      .openapi({ description: 'Not supported by this version: send to a topic or to users.' }),
  })
  .openapi({
    description: 'Exactly one of `topic`, `users` (all devices of each) and `devices`.',
    example: { topic: 'news' },
  })

const dataField = z
  .record(
    z.string().min(1),
    z.string({ error: 'must be a string; push services carry nothing else. Encode it, for instance as JSON' }),
  )
  .openapi({ description: 'For the app; string values only.', example: { article: '42' } })

/** Parsers forgive much of what devices do not: `https:a.b`, backslashes, spaces. */
const httpsUrl = z
  .string()
  .max(2048)
  .refine((text) => /^https:\/\/[^\s\\]+$/i.test(text) && URL.canParse(text), {
    error: 'must be an absolute https URL',
  })
  .openapi({ format: 'uri' })

/** Fetched by devices, some of them behind a push service's own proxy: never by Fanfare. */
const imageUrl = httpsUrl.refine(namesPublicHost, { error: 'must name a host of the public internet' })

const overrideField = (service: string) =>
  jsonObjectField.openapi({
    description: `Merged into the payload for ${service} (RFC 7396); has the last word but for whom it goes to.`,
    example: {},
  })

const collapseKeyField = z
  .string()
  .min(1)
  .refine((key) => new TextEncoder().encode(key).length <= MAX_COLLAPSE_KEY_BYTES, {
    error: `must be at most ${MAX_COLLAPSE_KEY_BYTES} bytes`,
  })
  .openapi({ description: 'A newer notification with the same key replaces an older one.', example: 'score-17' })

export const notificationBody = z
  .strictObject({
    to: toField,
    title: z.string().optional().openapi({ example: 'Hello' }),
    body: z.string().optional().openapi({ example: 'World' }),
    image: imageUrl.optional().openapi({ example: 'https://example.com/picture.png' }),
    url: httpsUrl.optional().openapi({ description: 'Opened by a click.', example: 'https://example.com/article/42' }),
    data: dataField.optional(),
    category: z.string().min(1).max(128).optional().openapi({
      description: 'What the notification is about, for preferences and caps.',
      example: 'marketing',
    }),
    priority: z.enum(['high', 'normal']).optional().openapi({
      description: 'high: wakes the device. Default: normal.',
      example: 'high',
    }),
    ttl_seconds: z
      .number()
      .int()
      .min(0)
      .max(MAX_TTL_SECONDS)
      .optional()
      .openapi({
        description: `How long it is worth delivering; 0: now or never. Default: ${MAX_TTL_SECONDS}, four weeks.`,
        example: 3600,
      }),
    collapse_key: collapseKeyField.optional(),
    badge: z
      .number()
      .int()
      .min(0)
      .max(MAX_BADGE)
      .optional()
      .openapi({ description: 'The number on the icon; 0 removes it.' }),
    sound: z.string().min(1).max(255).optional().openapi({ example: 'default' }),
    fcm: overrideField('FCM').optional(),
    apns: overrideField('APNs').optional(),
    webpush: overrideField('Web Push').optional(),
    send_at: instantInput
      .optional()
      .openapi({ description: 'When to send, at most a year ahead. Default: now.', example: '2026-12-01T09:00:00Z' }),
    local_time: z.string().optional().openapi({ description: 'Not supported by this version: use `send_at`.' }),
    guarantee: z
      .enum(['at_least_once', 'at_most_once'])
      .optional()
      .openapi({
        description:
          'What happens when an attempt gets no answer: at_least_once tries again and may deliver twice, ' +
          'at_most_once counts it as failed with reason `unconfirmed`. Default: at_least_once.',
      }),
    ordered: z
      .boolean()
      .optional()
      .openapi({
        description:
          'true: starts when the ordered notification before it, to the same topic or for each user by himself, is ' +
          'settled or expired. Its pushes carry `fanfare_seq`, which grows. To a topic, or to at most ' +
          `${MAX_ORDERED_RECIPIENTS} users or devices. Default: false.`,
      }),
    quiet_hours: z.enum(['hold', 'drop', 'ignore']).optional().openapi({
      description: '`hold` and `drop` are not supported by this version. Default: ignore.',
    }),
    bypass_caps: z
      .boolean()
      .optional()
      .openapi({ description: '`true` is not supported by this version: there are no caps.' }),
    dry_run: z.boolean().optional().openapi({ description: '`true` is not supported by this version.' }),
    campaign: z.string().min(1).max(128).optional().openapi({
      description: 'Groups notifications in statistics.',
      example: 'autumn',
    }),
    variants: z.array(jsonObjectField).optional().openapi({ description: 'Not supported by this version.' }),
  })
  .openapi('NotificationRequest', {
    example: { to: { topic: 'news' }, title: 'Hello', body: 'World', data: { article: '42' }, ttl_seconds: 3600 },
  })

export type NotificationBody = z.infer<typeof notificationBody>
