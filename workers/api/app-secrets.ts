/** `/v1/apps/{app}/secrets`: the secrets that Fanfare makes for an app, listed and rotated. Their material is never shown. */
import { createRoute, z } from '@hono/zod-openapi'
import { APP_SECRET_USES, type AppSecret, DEFAULT_OVERLAP_SECONDS } from '../../push/app-secret.ts'
import { listAppSecrets, replaceAppSecret } from '../../schema/d1/app-secrets.ts'
import { databaseOf } from '../../schema/databases.ts'
import { forgetSecrets, newSecret } from '../app-secrets.ts'
import { appIdField, requireApp } from './app-scope.ts'
import { allow } from './auth.ts'
import { instantField, instantOf, instantOrNull } from './fields.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'
import { requireMasterKeys } from './secrets.ts'

const TAGS = ['Secrets']
/** Longer than anything that a secret makes is of use. */
const MAX_OVERLAP_SECONDS = 366 * 24 * 60 * 60

const useField = z.enum(APP_SECRET_USES).openapi({
  description:
    '`tokens` signs short-lived tokens, `messages` pushes; `device_keys` is behind the keys of devices, `links` behind what a ' +
    'push carries for its receipt and for leaving a topic.',
})
const secretIdField = z.string().openapi({
  description: 'The id of a secret; the `kid` of what a signing key signs.',
  example: 'sec_01kb3c8r9q4h7n2m5v8x1z6t3w0yd',
})

const secretAnswer = z
  .object({
    id: secretIdField,
    use: useField,
    created_at: instantField,
    retired_at: instantField.nullable().openapi({ description: 'null: it is the one that makes new things.' }),
    expires_at: instantField.nullable().openapi({ description: 'What it made is refused from then on.' }),
  })
  .openapi('AppSecret')

const defaults = APP_SECRET_USES.map((use) => `${DEFAULT_OVERLAP_SECONDS[use]} for \`${use}\``).join(', ')

const rotationBody = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(MAX_OVERLAP_SECONDS)
      .optional()
      .openapi({
        description: `How long what earlier secrets made stays good. 0: it is refused at once, for a secret that leaked. Left out: ${defaults}.`,
        example: 3_660,
      }),
  })
  .openapi('SecretRotation')

const rotationAnswer = z
  .object({
    use: useField,
    id: secretIdField,
    created_at: instantField,
    previous_valid_until: instantField.nullable().openapi({ description: 'null: there was none before.' }),
  })
  .openapi('SecretRotated')

export const appSecrets = newRouter()

appSecrets.openapi(
  createRoute({
    method: 'get',
    path: '/v1/apps/{app}/secrets',
    tags: TAGS,
    summary: 'List the secrets of an app',
    description:
      'Those that Fanfare made for it, by use, each when it was first needed. Expired ones are listed for 30 days more. The ' +
      'secrets themselves are never shown.',
    ...allow('listAppSecrets'),
    request: { params: z.object({ app: appIdField }) },
    responses: {
      200: {
        description: 'All of them.',
        content: { 'application/json': { schema: z.object({ data: z.array(secretAnswer), next_cursor: z.null() }) } },
      },
      ...problems('not_found'),
    },
  }),
  async (c) => {
    const app = await requireApp(c, c.req.valid('param').app)
    const secrets = await listAppSecrets(databaseOf(c.env, app.id), app.id)
    return c.json({ data: secrets.map(secretToWire), next_cursor: null }, 200)
  },
)

appSecrets.openapi(
  createRoute({
    method: 'post',
    path: '/v1/apps/{app}/secrets/{use}/rotate',
    tags: TAGS,
    summary: 'Rotate a secret of an app',
    description:
      'A new one makes everything from now on. What earlier ones made stays good for the overlap and no longer, whatever an ' +
      'earlier rotation said. Elsewhere in the world all of it may take five seconds more.',
    ...allow('rotateAppSecret'),
    request: {
      params: z.object({ app: appIdField, use: useField }),
      body: { required: false, content: { 'application/json': { schema: rotationBody } } },
    },
    responses: {
      201: { description: 'Rotated.', content: { 'application/json': { schema: rotationAnswer } } },
      ...problems('not_found', 'credentials_key_missing', 'credentials_key_invalid'),
    },
  }),
  async (c) => {
    const { app: appId, use } = c.req.valid('param')
    const app = await requireApp(c, appId)
    const { overlap_seconds: overlapSeconds = DEFAULT_OVERLAP_SECONDS[use] } = c.req.valid('json')
    const now = Date.now()
    const secret = await newSecret({ appId: app.id, use, masterKeys: requireMasterKeys(c.env), now })
    const validUntil = now + overlapSeconds * 1000
    const database = databaseOf(c.env, app.id)
    const before = (await listAppSecrets(database, app.id)).find(
      (known) => known.use === use && known.retiredAt === null,
    )
    const retired = await replaceAppSecret(database, secret, validUntil)
    forgetSecrets({ appId: app.id, use })
    const previous = retired === 0 ? null : instantOf(validUntil)
    const answer = { use, id: secret.id, created_at: instantOf(now), previous_valid_until: previous }
    if (before !== undefined) c.var.audit.before(secretToWire(before))
    c.var.audit.after(answer)
    return c.json(answer, 201)
  },
)

function secretToWire(secret: Omit<AppSecret, 'material'>): z.infer<typeof secretAnswer> {
  return {
    id: secret.id,
    use: secret.use,
    created_at: instantOf(secret.createdAt),
    retired_at: instantOrNull(secret.retiredAt),
    expires_at: instantOrNull(secret.expiresAt),
  }
}
