/** A webhook on the wire: what may be set, what is answered, and its log. Shapes and conversions only. */
import { z } from '@hono/zod-openapi'
import type { LoggedDelivery } from '../../durable-objects/webhook-rpc.ts'
import { WEBHOOK_EVENT_TYPES, WEBHOOK_SUBJECTS } from '../../push/webhook-event.ts'
import type { Webhook } from '../../schema/d1/webhooks.ts'
import { WEBHOOK_DELIVERY_STATUSES, type WebhookDeliveryStatus } from '../../schema/webhooks/deliveries.ts'
import { instantField, instantOf, instantOrNull } from './fields.ts'

export const webhookIdField = z.string().openapi({
  description: 'The id of a webhook.',
  example: 'wh_01kb3c8r9q4h7n2m5v8x1z6t3w0yd',
})

export const webhookDeliveryIdField = z.string().openapi({
  description: 'The id of a delivery: one event on its way to one webhook.',
  example: 'whd_01kb3c8r9q4h7n2m5v8x1z6t3w0yd',
})

/** Checked by push/outbound-url.ts, which has a problem code of its own. */
const urlField = z.string().openapi({
  description:
    'https, port 443 or 8443, a name of the public internet and no address, written as a browser shows it. Redirects ' +
    'are not followed.',
  format: 'uri',
  example: 'https://example.com/fanfare-events',
})

const eventsField = z
  .array(z.enum(WEBHOOK_SUBJECTS))
  .min(1)
  .refine((events) => new Set(events).size === events.length, { error: 'must name each event once' })
  .openapi({ description: 'What it wants to hear of.', example: ['notification.completed'] })

const descriptionField = z.string().trim().min(1).max(200).nullable().openapi({
  description: 'For people.',
  example: 'Billing',
})

const enabledField = z.boolean().openapi({
  description: 'Of what happens while it is false it never hears. Setting it to true ends what disabled it.',
})

export const newWebhookBody = z
  .strictObject({
    url: urlField,
    events: eventsField,
    description: descriptionField.optional(),
    enabled: enabledField.optional(),
  })
  .openapi('NewWebhook')

export const webhookChangeBody = z
  .strictObject({ url: urlField, events: eventsField, description: descriptionField, enabled: enabledField })
  .partial()
  .openapi('WebhookChange')

export const webhookAnswer = z
  .object({
    id: webhookIdField,
    url: urlField,
    events: z.array(z.enum(WEBHOOK_SUBJECTS)),
    description: z.string().nullable(),
    enabled: z.boolean(),
    disabled_reason: z.enum(['gone', 'failing']).nullable().openapi({
      description: 'Why Fanfare has disabled it: it answered 410, or took nothing for the three days of the schedule.',
    }),
    disabled_at: instantField.nullable(),
    previous_secret_expires_at: instantField.nullable().openapi({
      description: 'Until then the secret before the last rotation signs too.',
    }),
    created_at: instantField,
  })
  .openapi('Webhook')

const secretField = z.string().openapi({
  description: 'Shown once. What follows `whsec_` is the key of the signature, in base64 (Standard Webhooks).',
  example: 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
})

export const madeWebhookAnswer = webhookAnswer.extend({ secret: secretField }).openapi('NewWebhookMade')

/** A week: longer, and nobody remembers that there is an old one. */
const MAX_OVERLAP_SECONDS = 7 * 24 * 3600
const DEFAULT_OVERLAP_SECONDS = 24 * 3600

export const rotationBody = z
  .strictObject({
    overlap_seconds: z.int().min(0).max(MAX_OVERLAP_SECONDS).default(DEFAULT_OVERLAP_SECONDS).openapi({
      description: 'How long both secrets sign.',
    }),
  })
  .openapi('WebhookRotation')

export const webhookDeliveryAnswer = z
  .object({
    id: webhookDeliveryIdField,
    event: z.object({
      id: z.string().openapi({ description: 'The `webhook-id` of every attempt.' }),
      type: z.enum(WEBHOOK_EVENT_TYPES),
      timestamp: instantField,
    }),
    status: z.enum(WEBHOOK_DELIVERY_STATUSES),
    attempts: z
      .array(
        z.object({
          at: instantField,
          latency_ms: z.int(),
          status_code: z.int().nullable().openapi({ description: 'null: there was no answer.' }),
          error: z.string().nullable().openapi({ description: 'null: it was taken.', example: 'http_500' }),
        }),
      )
      .openapi({ description: 'The last twenty, in order.' }),
    next_attempt_at: instantField.nullable().openapi({ description: 'null: it is over, or an attempt is under way.' }),
    created_at: instantField,
    settled_at: instantField.nullable(),
  })
  .openapi('WebhookDelivery')

export const loggedDeliveryAnswer = webhookDeliveryAnswer
  .extend({ body: z.string().openapi({ description: 'What is signed and sent, to the byte.' }) })
  .openapi('WebhookDeliveryWithBody')

export function webhookToWire(webhook: Webhook): z.infer<typeof webhookAnswer> {
  return {
    id: webhook.id,
    url: webhook.url,
    events: webhook.events,
    description: webhook.description,
    enabled: webhook.enabled,
    disabled_reason: webhook.disabledReason,
    disabled_at: instantOrNull(webhook.disabledAt),
    previous_secret_expires_at: instantOrNull(webhook.previousExpiresAt),
    created_at: instantOf(webhook.createdAt),
  }
}

export function webhookDeliveryToWire({ delivery, event }: LoggedDelivery): z.infer<typeof webhookDeliveryAnswer> {
  const { id, state, attempts, nextAt, createdAt, settledAt } = delivery
  return {
    id,
    event: { id: event.id, type: event.type, timestamp: instantOf(event.at) },
    status: statusOf(state),
    attempts: attempts.map(({ at, latencyMs, status, error }) => {
      return { at: instantOf(at), latency_ms: latencyMs, status_code: status, error }
    }),
    next_attempt_at: state === 'waiting' ? instantOrNull(nextAt) : null,
    created_at: instantOf(createdAt),
    settled_at: instantOrNull(settledAt),
  }
}

function statusOf(state: LoggedDelivery['delivery']['state']): WebhookDeliveryStatus {
  return state === 'delivered' || state === 'failed' ? state : 'pending'
}

/**
 * As the audit log knows it. What comes after the host may be what opens the door there: many services put a secret into
 * it. That it is another one is seen by its digest, which tells nobody who does not have the URL what it is: a secret that
 * could be found by trying all of them out is none.
 */
export async function webhookForAudit(webhook: Webhook): Promise<WebhookForAudit> {
  const { url, ...shown } = webhookToWire(webhook)
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(url))
  const hex = [...new Uint8Array(digest, 0, URL_DIGEST_BYTES)].map((byte) => byte.toString(16).padStart(2, '0'))
  return { ...shown, host: new URL(url).host, url_sha256: hex.join('') }
}

type WebhookForAudit = Omit<z.infer<typeof webhookAnswer>, 'url'> & { host: string; url_sha256: string }

/** The first 64 bits: enough to see that two are not the same. */
const URL_DIGEST_BYTES = 8
