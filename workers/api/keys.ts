/** `/v1/apps/{app}/keys`: API keys. The key itself is in one answer, once; we keep its fingerprint. */
import { createRoute, z } from '@hono/zod-openapi'
import { API_KEY_RANDOM_BYTES, hashApiKey, makeApiKey } from '../../push/api-key.ts'
import { ID_RANDOM_BYTES, makeId } from '../../push/ids.ts'
import { ROLES } from '../../push/roles.ts'
import { type ApiKeyRow, insertApiKey, listApiKeys, revokeApiKey } from '../../schema/d1/api-keys.ts'
import { directoryDatabase } from '../../schema/databases.ts'
import { appIdField, requireApp } from './app-scope.ts'
import { allow } from './auth.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { instantField, instantInput, instantOf, instantOrNull, pageFields, pageOf } from './fields.ts'
import { forgetKey } from './known-keys.ts'
import { forgetMinter } from './known-minters.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'

const TAGS = ['API keys']

const keyIdField = z.string().openapi({ description: 'The id of a key.', example: 'key_01kb3c8r9q4h7n2m5v8x1z6t3w0yd' })

const roleField = z.enum(ROLES).openapi({
  description:
    'admin: everything in the app. sender: a backend that sends. analyst: reads numbers. client: registers devices; ' +
    'it is public and is shipped inside apps.',
})

const newKeyBody = z
  .strictObject({
    role: roleField,
    name: z.string().trim().min(1).max(100).optional().openapi({ description: 'For people.', example: 'backend' }),
    expires_at: instantInput.optional().openapi({ description: 'Left out: until it is revoked.' }),
  })
  .openapi('NewKey')

const keyAnswer = z
  .object({
    id: keyIdField,
    role: roleField,
    name: z.string().nullable(),
    created_at: instantField,
    expires_at: instantField.nullable(),
    revoked_at: instantField.nullable(),
  })
  .openapi('Key')

const madeKeyAnswer = keyAnswer
  .extend({
    key: z.string().openapi({
      description: 'Shown once. `sk_…`; `pk_…` for role client.',
      example: 'sk_7Yq2mX0cVbN5tRw8ZpLk3HsDf6Jg9AeU1oCiTz',
    }),
  })
  .openapi('NewKeyMade')

export const keys = newRouter()

keys.openapi(
  createRoute({
    method: 'post',
    path: '/v1/apps/{app}/keys',
    tags: TAGS,
    summary: 'Create an API key',
    ...allow('createKey'),
    request: {
      params: z.object({ app: appIdField }),
      body: { required: true, content: { 'application/json': { schema: newKeyBody } } },
    },
    responses: {
      201: { description: 'Created.', content: { 'application/json': { schema: madeKeyAnswer } } },
      ...problems('not_found'),
    },
  }),
  async (c) => {
    const app = await requireApp(c, c.req.valid('param').app)
    const { role, name, expires_at } = c.req.valid('json')
    const now = Date.now()
    const expiresAt = expires_at === undefined ? null : Date.parse(expires_at)
    if (expiresAt !== null && expiresAt <= now) {
      throw new ApiProblem('validation_failed', 'expires_at: must be in the future.', { param: '/expires_at' })
    }
    const key = makeApiKey(role, crypto.getRandomValues(new Uint8Array(API_KEY_RANDOM_BYTES)))
    const id = makeId('key', now, crypto.getRandomValues(new Uint8Array(ID_RANDOM_BYTES)))
    const times = { createdAt: now, expiresAt, revokedAt: null }
    const row = { appId: app.id, id, keyHash: await hashApiKey(key), role, name: name ?? null, ...times }
    await insertApiKey(directoryDatabase(c.env), row)
    return c.json({ ...keyToWire(row), key }, 201)
  },
)

keys.openapi(
  createRoute({
    method: 'get',
    path: '/v1/apps/{app}/keys',
    tags: TAGS,
    summary: 'List API keys',
    description: 'In the order they were made, revoked ones too.',
    ...allow('listKeys'),
    request: { params: z.object({ app: appIdField }), query: z.strictObject(pageFields) },
    responses: {
      200: { description: 'A page.', content: { 'application/json': { schema: pageOf(keyAnswer) } } },
      ...problems('invalid_cursor', 'not_found'),
    },
  }),
  async (c) => {
    const app = await requireApp(c, c.req.valid('param').app)
    const { limit, cursor } = c.req.valid('query')
    const after = cursor === undefined ? '' : decodeCursor(cursor)
    const rows = await listApiKeys(directoryDatabase(c.env), app.id, after, limit + 1)
    const page = rows.slice(0, limit)
    const next_cursor = rows.length > limit ? encodeCursor(page[limit - 1]!.id) : null
    return c.json({ data: page.map(keyToWire), next_cursor }, 200)
  },
)

keys.openapi(
  createRoute({
    method: 'delete',
    path: '/v1/apps/{app}/keys/{id}',
    tags: TAGS,
    summary: 'Revoke an API key',
    description:
      'At once: what arrives after the answer is refused. Elsewhere in the world a location that saw the key within ' +
      'the last five seconds may accept it until they are over. Tokens that were minted with the key end with it.',
    ...allow('revokeKey'),
    request: { params: z.object({ app: appIdField, id: keyIdField }) },
    responses: { 204: { description: 'Revoked, now or before.' }, ...problems('not_found') },
  }),
  async (c) => {
    const { app: appId, id } = c.req.valid('param')
    const app = await requireApp(c, appId)
    const revoked = await revokeApiKey(directoryDatabase(c.env), app.id, id, Date.now())
    if (revoked === null) throw new ApiProblem('not_found', `The app has no key ${id}.`, { param: 'id' })
    forgetKey(revoked.keyHash)
    forgetMinter(app.id, id)
    return c.body(null, 204)
  },
)

function keyToWire(row: ApiKeyRow): z.infer<typeof keyAnswer> {
  return {
    id: row.id,
    role: row.role,
    name: row.name,
    created_at: instantOf(row.createdAt),
    expires_at: instantOrNull(row.expiresAt),
    revoked_at: instantOrNull(row.revokedAt),
  }
}
