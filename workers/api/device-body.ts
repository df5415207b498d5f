/** What a device looks like on the wire, coming and going. Schemas and conversions only. */
import { z } from '@hono/zod-openapi'
import { PLATFORMS } from '../../push/device.ts'
import { canonicalLocale, isTimezone } from '../../push/locale.ts'
import type { Device } from '../../schema/d1/device-table.ts'
import { deviceIdField, instantField, instantOf, instantOrNull, topicField, userIdField } from './fields.ts'

/** Enough for what segments are made of; more belongs in the app's own database. */
const MAX_ATTRIBUTES = 50
const MAX_ATTRIBUTE_NAME_CHARACTERS = 64
const MAX_ATTRIBUTE_CHARACTERS = 512
/** At registration; more can be joined one by one. */
const MAX_TOPICS = 100

const tokenField = z.string().openapi({
  description: 'fcm: the registration token or installation id. apns: the device token in hex.',
  example: 'cN1yb5mQT0e:APA91bF0d5kq3vN8pXr2tLw7zYc4uHj6gMs9aEi1oBf',
})

const subscriptionField = z
  .strictObject({
    endpoint: z.string(),
    keys: z.strictObject({
      p256dh: z.string().openapi({ description: 'The public key, 65 bytes in base64url.' }),
      auth: z.string().openapi({ description: 'The secret, 16 bytes in base64url.' }),
    }),
    expirationTime: z.number().nullable().optional(),
  })
  .openapi('PushSubscription', {
    description: 'webpush: what `JSON.stringify(pushSubscription)` gives in the browser.',
    example: {
      endpoint: 'https://updates.push.services.mozilla.com/wpush/v2/gAAAAABh1',
      keys: {
        p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
        auth: 'BTBZMqHH6r4Tts7J_aSIgg',
      },
    },
  })

const localeField = z
  .string()
  .transform((text, context) => {
    const locale = canonicalLocale(text)
    if (locale !== null) return locale
    context.addIssue({ code: 'custom', message: 'must be a language tag such as fr-FR or zh-Hant' })
    return z.NEVER
  })
  .openapi({ type: 'string', description: 'BCP 47; `fr_FR` is taken too and becomes `fr-FR`.', example: 'fr-FR' })

const timezoneField = z
  .string()
  .refine(isTimezone, { error: 'must be a name of the IANA time zone database, such as Europe/Paris' })
  .openapi({ description: 'IANA name. Without it, where the registration came from.', example: 'Europe/Paris' })

const appVersionField = z.string().min(1).max(64).openapi({ example: '4.2.0' })

const attributesField = z
  .record(
    z.string().min(1).max(MAX_ATTRIBUTE_NAME_CHARACTERS),
    z.union([z.string().max(MAX_ATTRIBUTE_CHARACTERS), z.number(), z.boolean()], {
      error: `must be a string of at most ${MAX_ATTRIBUTE_CHARACTERS} characters, a number or a boolean`,
    }),
  )
  .refine((attributes) => Object.keys(attributes).length <= MAX_ATTRIBUTES, {
    error: `must have at most ${MAX_ATTRIBUTES} entries`,
  })
  .openapi({ description: "The app's own facts about the device.", example: { plan: 'pro', beta: true } })

export const registrationBody = z
  .strictObject({
    platform: z.enum(PLATFORMS),
    token: tokenField.optional(),
    subscription: subscriptionField.optional(),
    user_id: userIdField.optional(),
    locale: localeField.optional(),
    timezone: timezoneField.optional(),
    app_version: appVersionField.optional(),
    attributes: attributesField.optional(),
    topics: z.array(topicField).max(MAX_TOPICS).optional(),
  })
  .openapi('Registration', { description: '`token` for fcm and apns, `subscription` for webpush.' })

export type RegistrationBody = z.infer<typeof registrationBody>

/** Turnstile's are this long at most (developers.cloudflare.com/turnstile/get-started/server-side-validation). */
const MAX_ATTESTATION_CHARACTERS = 2048

/** What a client sends of itself. */
export const clientRegistrationBody = registrationBody
  .extend({
    attestation: z.string().min(1).max(MAX_ATTESTATION_CHARACTERS).optional().openapi({
      description: 'Where the app asks for it: the word of its provider, such as the response of a Turnstile widget.',
    }),
  })
  .openapi('ClientRegistration', { description: '`token` for fcm and apns, `subscription` for webpush.' })

/** What PATCH may change. `null` takes a value away; what is left out stays (see device-merge.ts). */
export const deviceChangeBody = z
  .strictObject({
    token: tokenField.optional(),
    subscription: subscriptionField.optional(),
    user_id: userIdField.nullable().optional(),
    locale: localeField.nullable().optional(),
    timezone: timezoneField.nullable().optional(),
    app_version: appVersionField.nullable().optional(),
    attributes: attributesField.optional(),
  })
  .openapi('DeviceChange', {
    description:
      'What is left out stays, but `attributes` of one user do not pass to another; `null` takes a value away.',
  })

export type DeviceChangeBody = z.infer<typeof deviceChangeBody>

export const deviceAnswer = z
  .object({
    id: deviceIdField,
    platform: z.enum(PLATFORMS),
    user_id: z.string().nullable(),
    locale: z.string().nullable(),
    timezone: z.string().nullable(),
    app_version: z.string().nullable(),
    attributes: z.record(z.string(), z.unknown()),
    registered_at: instantField,
    updated_at: instantField,
    retired_at: instantField.nullable().openapi({
      description:
        'As of when the push service called the address dead, or we have given up to hear of it; null: alive. ' +
        'Registering again revives it.',
    }),
    retired_reason: z.string().nullable().openapi({ description: "The push service's own word, or `stale`." }),
    quarantined_at: instantField.nullable().openapi({
      description: 'So many were called dead at once that it is doubted: any sign of life, or calmer times, revive it.',
    }),
    seen_at: instantField.openapi({
      description: 'The last sign of life: a registration, a change, or (to the day) a receipt.',
    }),
  })
  .openapi('Device')

export const registeredAnswer = deviceAnswer
  .extend({
    device_key: z.string().openapi({
      description:
        'What the device proves itself with: receipts, topics, changes. The same at each registration, until it is ' +
        'rotated or revoked: keep the one that was answered last, and register again when it is refused (401).',
      example: 'dk_01kb3c8r9q4h7n2m5v8x1z6t3w0yd_01kb3c8r9q4h7n2m5v8x1z6t3w0yd_0_5Zb2x0…',
    }),
  })
  .openapi('RegisteredDevice')

/** The device as its owner and the app's backend see it; the address stays with us. */
export function deviceToWire(device: Device): z.input<typeof deviceAnswer> {
  return {
    id: device.id,
    platform: device.platform,
    user_id: device.userId,
    locale: device.locale,
    timezone: device.timezone,
    app_version: device.appVersion,
    attributes: device.attributes,
    registered_at: instantOf(device.registeredAt),
    updated_at: instantOf(device.updatedAt),
    retired_at: instantOrNull(device.retiredAt),
    retired_reason: device.retiredReason,
    quarantined_at: instantOrNull(device.quarantinedAt),
    seen_at: instantOf(Math.max(device.registeredAt, device.updatedAt, device.seenAt ?? 0)),
  }
}
