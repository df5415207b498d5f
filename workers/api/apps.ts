/** `/v1/apps`: what the operator begins with, and how an app ends. */
import { createRoute, z } from '@hono/zod-openapi'
import { PLATFORMS } from '../../push/device.ts'
import { ID_RANDOM_BYTES, makeId } from '../../push/ids.ts'
import { deleteApp, deleteSecrets } from '../../schema/d1/app-deletion.ts'
import { insertApp } from '../../schema/d1/apps.ts'
import { databaseOf, directoryDatabase } from '../../schema/databases.ts'
import { appIdField, requireApp } from './app-scope.ts'
import { allow } from './auth.ts'
import { instantField, instantOf } from './fields.ts'
import { forgetApp } from './known-apps.ts'
import { forgetKey } from './known-keys.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'
import { forgetOlder } from './store-credential.ts'

const appName = z.string().trim().min(1).max(100).openapi({ description: 'For people.', example: 'Weather' })

const newAppBody = z.strictObject({ name: appName }).openapi('NewApp')

const appAnswer = z.object({ id: appIdField, name: z.string(), created_at: instantField }).openapi('App')

export const apps = newRouter()

apps.openapi(
  createRoute({
    method: 'post',
    path: '/v1/apps',
    tags: ['Apps'],
    summary: 'Create an app',
    description: 'An app owns credentials, keys, devices, topics and notifications, and sees nobody else’s.',
    ...allow('createApp'),
    request: { body: { required: true, content: { 'application/json': { schema: newAppBody } } } },
    responses: {
      201: { description: 'Created.', content: { 'application/json': { schema: appAnswer } } },
      ...problems('root_key_missing'),
    },
  }),
  async (c) => {
    const now = Date.now()
    const id = makeId('app', now, crypto.getRandomValues(new Uint8Array(ID_RANDOM_BYTES)))
    const { name } = c.req.valid('json')
    await insertApp(directoryDatabase(c.env), { id, name, createdAt: now })
    const made = { id, name, created_at: instantOf(now) }
    c.var.audit.about(id)
    c.var.audit.after(made)
    return c.json(made, 201)
  },
)

apps.openapi(
  createRoute({
    method: 'get',
    path: '/v1/apps/{app}',
    tags: ['Apps'],
    summary: 'Read an app',
    ...allow('getApp'),
    request: { params: z.object({ app: appIdField }) },
    responses: {
      200: { description: 'The app.', content: { 'application/json': { schema: appAnswer } } },
      ...problems('not_found', 'root_key_missing'),
    },
  }),
  async (c) => {
    const app = await requireApp(c, c.req.valid('param').app)
    return c.json({ id: app.id, name: app.name, created_at: instantOf(app.createdAt) }, 200)
  },
)

apps.openapi(
  createRoute({
    method: 'delete',
    path: '/v1/apps/{app}',
    tags: ['Apps'],
    summary: 'Delete an app',
    description:
      'For good. Its keys, device keys and tokens are refused at once, elsewhere in the world within five seconds, and ' +
      'its credentials and webhooks are deleted. What sends that are under way have not handed to a push service settles as ' +
      '`failed` with reason `app_deleted`. Devices, topics and subscriptions are removed over the next minutes.',
    ...allow('deleteApp'),
    request: { params: z.object({ app: appIdField }) },
    responses: { 204: { description: 'Deleted.' }, ...problems('not_found', 'root_key_missing') },
  }),
  async (c) => {
    const { id, name, createdAt } = await requireApp(c, c.req.valid('param').app)
    c.var.audit.before({ id, name, created_at: instantOf(createdAt) })
    const now = Date.now()
    for (const keyHash of await deleteApp(directoryDatabase(c.env), id, now)) forgetKey(keyHash)
    forgetApp(id)
    await deleteSecrets(databaseOf(c.env, id), id)
    await Promise.all(PLATFORMS.map((platform) => forgetOlder(c.env, { appId: id, platform }, now)))
    return c.body(null, 204)
  },
)
