/** Credentials on the wire: what is taken, and what is ever shown again. Schemas and conversions only. */
import { z } from '@hono/zod-openapi'
import type { ApnsCredential, FcmCredential, PublicCredential } from '../../push/credential.ts'
import { instantField, instantOf, instantOrNull } from './fields.ts'
import type { Pause } from './read-pause.ts'

/** A 4096-bit RSA key in PEM has 3.2 kB. */
const MAX_PEM_CHARACTERS = 16_384

const pemField = z.string().min(1).max(MAX_PEM_CHARACTERS)

const tenCharacters = z.string().regex(/^[A-Z0-9]{10}$/, { error: 'must be 10 characters of A-Z and 0-9' })

/** Google's file has more fields, and gets new ones: they are taken and not kept. */
const serviceAccount = z
  .looseObject({
    type: z.literal('service_account', {
      error: 'must be "service_account": download the JSON of a service account key',
    }),
    project_id: z
      .string()
      .regex(/^[a-z][a-z0-9.:-]{3,98}[a-z0-9]$/, { error: 'must be the id of a Google Cloud project' }),
    private_key_id: z.string().max(128).optional(),
    private_key: pemField,
    client_email: z.email({ error: 'must be the e-mail address of the service account' }),
  })
  .openapi('ServiceAccount', { description: 'The JSON that Google gives for a service account key, as it is.' })

export const fcmBody = z.strictObject({ service_account: serviceAccount }).openapi('NewFcmCredential', {
  example: {
    service_account: {
      type: 'service_account',
      project_id: 'weather-4711',
      private_key_id: '0f1e2d3c4b5a',
      private_key: '-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n',
      client_email: 'push@weather-4711.iam.gserviceaccount.com',
    },
  },
})

export const apnsBody = z
  .strictObject({
    team_id: tenCharacters.openapi({ example: 'A1B2C3D4E5' }),
    key_id: tenCharacters.openapi({ example: 'K9J8H7G6F5' }),
    private_key: pemField.openapi({
      description: 'The text of the .p8 file.',
      example: '-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n',
    }),
    bundle_id: z
      .string()
      .regex(/^[A-Za-z0-9.-]{1,155}$/, { error: 'must be a bundle id of letters, digits, dots and hyphens' })
      .openapi({ example: 'com.example.weather' }),
    environment: z.enum(['production', 'sandbox']),
  })
  .openapi('NewApnsCredential')

const subjectField = z
  .string()
  .max(256)
  .refine(isSubject, { error: 'must be a mailto: or https: URI where a push service can reach you' })
  .openapi({ description: 'RFC 8292 §2.1.', example: 'mailto:push@example.com' })

/** Padding is taken off: tools differ, and browsers want none. */
const keyField = z
  .string()
  .max(128)
  .overwrite((text) => text.replace(/=+$/, ''))

export const webPushBody = z
  .strictObject({
    subject: subjectField,
    public_key: keyField.optional().openapi({ description: '65 bytes in base64url.' }),
    private_key: keyField.optional().openapi({ description: '32 bytes in base64url.' }),
  })
  .refine((body) => (body.public_key === undefined) === (body.private_key === undefined), {
    error: 'must be given together with the other key, or both left out',
    path: ['public_key'],
  })
  .openapi('NewWebPushCredential', {
    description: 'Without keys, the pair that is stored stays; if none is stored, one is made.',
    example: { subject: 'mailto:push@example.com' },
  })

const commonFields = {
  updated_at: instantField,
  status: z.enum(['ok', 'paused']).openapi({
    description:
      '`paused`: the push service says that the credential or its configuration is wrong. Recipients stay pending; ' +
      'they go on when the credential is replaced, or when a push that is tried now and then gets through.',
  }),
  paused_reason: z.string().nullable().openapi({ description: "The push service's own word.", example: null }),
  paused_at: instantField.nullable().openapi({ example: null }),
}

export const fcmAnswer = z
  .object({
    platform: z.literal('fcm'),
    project_id: z.string(),
    client_email: z.string(),
    private_key_id: z.string().nullable(),
    ...commonFields,
  })
  .openapi('FcmCredential')

export const apnsAnswer = z
  .object({
    platform: z.literal('apns'),
    team_id: z.string(),
    key_id: z.string(),
    bundle_id: z.string(),
    environment: z.enum(['production', 'sandbox']),
    ...commonFields,
  })
  .openapi('ApnsCredential')

export const webPushAnswer = z
  .object({
    platform: z.literal('webpush'),
    subject: z.string(),
    public_key: z.string().openapi({ description: 'The `applicationServerKey` for `pushManager.subscribe()`.' }),
    ...commonFields,
  })
  .openapi('WebPushCredential')

export const credentialAnswer = z.discriminatedUnion('platform', [fcmAnswer, apnsAnswer, webPushAnswer])

export function fcmCredentialOf({ service_account: account }: z.infer<typeof fcmBody>): FcmCredential {
  return {
    platform: 'fcm',
    projectId: account.project_id,
    clientEmail: account.client_email,
    privateKey: account.private_key,
    privateKeyId: account.private_key_id ?? null,
  }
}

export function apnsCredentialOf(body: z.infer<typeof apnsBody>): ApnsCredential {
  return {
    platform: 'apns',
    teamId: body.team_id,
    keyId: body.key_id,
    privateKey: body.private_key,
    bundleId: body.bundle_id,
    environment: body.environment,
  }
}

/** The secret is not in what comes in, so it cannot be in what goes out. */
export function credentialToWire(
  shown: PublicCredential,
  updatedAt: number,
  pause: Pause | null,
): z.infer<typeof credentialAnswer> {
  const common = {
    updated_at: instantOf(updatedAt),
    status: pause === null ? ('ok' as const) : ('paused' as const),
    paused_reason: pause?.reason ?? null,
    paused_at: instantOrNull(pause?.since ?? null),
  }
  switch (shown.platform) {
    case 'fcm': {
      const { platform, projectId, clientEmail, privateKeyId } = shown
      return { platform, project_id: projectId, client_email: clientEmail, private_key_id: privateKeyId, ...common }
    }
    case 'apns': {
      const { platform, teamId, keyId, bundleId, environment } = shown
      return { platform, team_id: teamId, key_id: keyId, bundle_id: bundleId, environment, ...common }
    }
    case 'webpush':
      return { platform: shown.platform, subject: shown.subject, public_key: shown.publicKey, ...common }
  }
}

function isSubject(text: string): boolean {
  if (/^mailto:[^@\s]+@[^@\s]+$/.test(text)) return true
  return text.startsWith('https://') && URL.canParse(text)
}
