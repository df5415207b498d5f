/** `/v1/apps/{app}/keys/{id}/rotate`: another key in place of one, with both good for a while. */
import { createRoute, z } from '@hono/zod-openapi'
import { planRotation } from '../../push/key-rotation.ts'
import { arePublic, builtInRights, NO_RIGHTS } from '../../push/rights.ts'
import { readApiKey, replaceApiKey } from '../../schema/d1/api-keys.ts'
import { readRole } from '../../schema/d1/app-roles.ts'
import { directoryDatabase } from '../../schema/databases.ts'
import { appIdField, requireApp } from './app-scope.ts'
import { allow } from './auth.ts'
import { allFrom, requireMayGive } from './give.ts'
import { keyIdField, keyToWire, madeKeyAnswer } from './key-answer.ts'
import { forgetKey } from './known-keys.ts'
import { forgetMinter } from './known-minters.ts'
import { newKey } from './new-key.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'

/** A day: as long as it takes to bring a new secret to every machine of a backend without hurry. */
const DEFAULT_OVERLAP_SECONDS = 24 * 60 * 60
/** A year: versions of an app with a `pk_` key in it live that long in people's hands. */
const MOST_OVERLAP_SECONDS = 366 * 24 * 60 * 60

const rotationBody = z
  .strictObject({
    overlap_seconds: z.int().min(0).max(MOST_OVERLAP_SECONDS).default(DEFAULT_OVERLAP_SECONDS).openapi({
      description: 'How long the old key stays good. 0: it ends at once, as if it were revoked.',
      example: DEFAULT_OVERLAP_SECONDS,
    }),
  })
  .openapi('KeyRotation')

export const rotateKey = newRouter().openapi(
  createRoute({
    method: 'post',
    path: '/v1/apps/{app}/keys/{id}/rotate',
    tags: ['API keys'],
    summary: 'Rotate an API key',
    description:
      'Makes a key with the same role, name and limits, and lets the old one expire after the overlap. A key that was ' +
      'to expire is followed by one that lives as long. Revoke the old one to end the overlap early. A key is rotated ' +
      'once; then rotate the one that replaced it.',
    ...allow('rotateKey'),
    request: {
      params: z.object({ app: appIdField, id: keyIdField }),
      body: { required: false, content: { 'application/json': { schema: rotationBody } } },
    },
    responses: {
      201: { description: 'The new key.', content: { 'application/json': { schema: madeKeyAnswer } } },
      ...problems('not_found', 'key_not_current', 'scope_not_allowed'),
    },
  }),
  async (c) => {
    const { app: appId, id } = c.req.valid('param')
    const app = await requireApp(c, appId)
    const database = directoryDatabase(c.env)
    const old = await readApiKey(database, app.id, id)
    if (old === null) throw new ApiProblem('not_found', `The app has no key ${id}.`, { param: 'id' })
    const now = Date.now()
    const { overlap_seconds = DEFAULT_OVERLAP_SECONDS } = c.req.valid('json')
    const plan = planRotation(old, now, overlap_seconds * 1000)
    if (plan.kind === 'refuse') throw notCurrent(id, plan.because)
    // As it is now: what an isolate remembers may be less than the key would get.
    const rights = builtInRights(old.role) ?? (await readRole(database, app.id, old.role)) ?? NO_RIGHTS
    requireMayGive(c.var.caller, rights, allFrom('id'))
    const { key, ...made } = await newKey(arePublic(rights), now)
    const { newExpiresAt: expiresAt, oldExpiresAt } = plan
    const row = await replaceApiKey(database, old, { ...made, createdAt: now, expiresAt, oldExpiresAt })
    if (row === null) throw notCurrent(id, 'replaced')
    forgetKey(old.keyHash)
    forgetMinter(app.id, old.id)
    c.var.audit.before(keyToWire(old))
    c.var.audit.after(keyToWire(row))
    return c.json({ ...keyToWire(row), key }, 201)
  },
)

const BECAUSE = {
  replaced: 'was replaced already. Rotate the key that is named in its replaced_by.',
  revoked: 'was revoked. Make another one.',
  expired: 'has expired. Make another one.',
} as const

function notCurrent(id: string, because: keyof typeof BECAUSE): ApiProblem {
  return new ApiProblem('key_not_current', `The key ${id} ${BECAUSE[because]}`, { param: 'id' })
}
