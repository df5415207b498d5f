/** `GET /healthz`: whether the Worker runs and reaches its database. */
import { createRoute, z } from '@hono/zod-openapi'
import { pingDatabase } from '../../schema/d1/apps.ts'
import { directoryDatabase } from '../../schema/databases.ts'
import { allow } from './auth.ts'
import { newRouter } from './router.ts'

const answer = z.object({ status: z.literal('ok') }).openapi('Health')

export const health = newRouter()

health.openapi(
  createRoute({
    method: 'get',
    path: '/healthz',
    ...allow('getHealth'),
    tags: ['Platform'],
    summary: 'Is the platform up?',
    description: 'Reads one row of the database. Needs no key.',
    responses: { 200: { description: 'It is.', content: { 'application/json': { schema: answer } } } },
  }),
  async (c) => {
    await pingDatabase(directoryDatabase(c.env))
    return c.json({ status: 'ok' as const }, 200)
  },
)
