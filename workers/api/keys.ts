/** `/v1/apps/{app}/keys`: API keys. The key itself is in one answer, once; we keep its fingerprint. */
import { createRoute, z } from '@hono/zod-openapi'
import { arePublic, builtInRights, type Rights } from '../../push/rights.ts'
import { ROLES } from '../../push/roles.ts'
import { insertApiKey, listApiKeys, revokeApiKey } from '../../schema/d1/api-keys.ts'
import { readRole } from '../../schema/d1/app-roles.ts'
import { directoryDatabase } from '../../schema/databases.ts'
import { appIdField, requireApp } from './app-scope.ts'
import { allow } from './auth.ts'
import { cutPage, decodeCursor } from './cursor.ts'
import { instantInput, pageFields, pageOf } from './fields.ts'
import { allFrom, requireMayGive } from './give.ts'
import { keyAnswer, keyIdField, keyToWire, madeKeyAnswer, roleField } from './key-answer.ts'
import { forgetKey } from './known-keys.ts'
import { forgetMinter } from './known-minters.ts'
import { newKey } from './new-key.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'

const TAGS = ['API keys']
const CURSOR = /^key_[0-9a-z]{29}$/

const newKeyBody = z
  .strictObject({
    role: roleField,
    name: z.string().trim().min(1).max(100).optional().openapi({ description: 'For people.', example: 'backend' }),
    expires_at: instantInput.optional().openapi({ description: 'Left out: until it is revoked.' }),
  })
  .openapi('NewKey')

export const keys = newRouter()

keys.openapi(
  createRoute({
    method: 'post',
    path: '/v1/apps/{app}/keys',
    tags: TAGS,
    summary: 'Create an API key',
    description: 'Of a role that may do no more than the caller may.',
    ...allow('createKey'),
    request: {
      params: z.object({ app: appIdField }),
      body: { required: true, content: { 'application/json': { schema: newKeyBody } } },
    },
    responses: {
      201: { description: 'Created.', content: { 'application/json': { schema: madeKeyAnswer } } },
      ...problems('scope_not_allowed', 'not_found'),
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
    const rights = await requireRole(c.env, app.id, role)
    requireMayGive(c.var.caller, rights, allFrom('/role'))
    const { key, id, keyHash } = await newKey(arePublic(rights), now)
    const times = { createdAt: now, expiresAt, revokedAt: null, lastUsedAt: null }
    const history = { places: null, replaces: null, replacedBy: null }
    const row = { appId: app.id, id, keyHash, role, name: name ?? null, ...times, ...history }
    if (!(await insertApiKey(directoryDatabase(c.env), row))) throw unknownRole(role)
    c.var.audit.about(id)
    c.var.audit.after(keyToWire(row))
    return c.json({ ...keyToWire(row), key }, 201)
  },
)

keys.openapi(
  createRoute({
    method: 'get',
    path: '/v1/apps/{app}/keys',
    tags: TAGS,
    summary: 'List API keys',
    description: 'In the order they were made, revoked and replaced ones too.',
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
    const after = cursor === undefined ? '' : decodeCursor(cursor, CURSOR)
    const rows = await listApiKeys(directoryDatabase(c.env), app.id, after, limit + 1)
    const { page, next_cursor } = cutPage(rows, limit, ({ id }) => id)
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
    const now = Date.now()
    const revoked = await revokeApiKey(directoryDatabase(c.env), app.id, id, now)
    if (revoked === null) throw new ApiProblem('not_found', `The app has no key ${id}.`, { param: 'id' })
    forgetKey(revoked.keyHash)
    forgetMinter(app.id, id)
    const { revokedAt } = revoked
    c.var.audit.before(keyToWire({ ...revoked, revokedAt: revokedAt === now ? null : revokedAt }))
    c.var.audit.after(keyToWire(revoked))
    return c.body(null, 204)
  },
)

/** @throws ApiProblem `validation_failed` */
async function requireRole(env: Env, appId: string, role: string): Promise<Rights> {
  const rights = builtInRights(role) ?? (await readRole(directoryDatabase(env), appId, role))
  if (rights === null) throw unknownRole(role)
  return rights
}

function unknownRole(role: string): ApiProblem {
  const others = 'those that PUT /v1/apps/{app}/roles/{role} made'
  const detail = `role: the app has no role ${role}. It has ${ROLES.join(', ')}, and ${others}.`
  return new ApiProblem('validation_failed', detail, { param: '/role' })
}
