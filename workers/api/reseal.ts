/** `/v1/secrets/reseal`: the operator changes CREDENTIALS_KEY. `npm run credentials:rotate` calls it until all is done. */
import { createRoute, z } from '@hono/zod-openapi'
import { RESEAL_START, type ResealPosition, resealStep } from '../jobs/reseal.ts'
import { allow } from './auth.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'
import { requireMasterKeys } from './secrets.ts'

const resealBody = z
  .strictObject({
    cursor: z.string().min(1).max(2048).optional().openapi({ description: '`next_cursor` of the step before.' }),
  })
  .openapi('Reseal')

const resealAnswer = z
  .object({
    seen: z.int().openapi({ description: 'Sealed secrets that this step looked at, or made.' }),
    resealed: z
      .int()
      .openapi({ description: 'Those of them that an older key had sealed, or that were derived from one until now.' }),
    unreadable: z.array(z.object({ table: z.string(), key: z.array(z.string()) })).openapi({
      description: 'Those that no key that is set opens, by their table and primary key: left as they are.',
    }),
    next_cursor: z.string().nullable().openapi({ description: 'null: this was the last step.' }),
  })
  .openapi('Resealed')

export const reseal = newRouter()

reseal.openapi(
  createRoute({
    method: 'post',
    path: '/v1/secrets/reseal',
    tags: ['Secrets'],
    summary: 'Seal stored secrets with the present CREDENTIALS_KEY',
    description:
      'A step of it: opens what keys in CREDENTIALS_KEY_PREVIOUS sealed, of all apps, and seals it anew. May be repeated. When a ' +
      'whole walk has resealed nothing and found nothing unreadable, CREDENTIALS_KEY_PREVIOUS is needed no more. ' +
      '`npm run credentials:rotate` makes these calls.',
    ...allow('resealSecrets'),
    request: { body: { required: false, content: { 'application/json': { schema: resealBody } } } },
    responses: {
      200: { description: 'A step was taken.', content: { 'application/json': { schema: resealAnswer } } },
      ...problems('invalid_cursor', 'credentials_key_missing', 'credentials_key_invalid'),
    },
  }),
  async (c) => {
    const { cursor } = c.req.valid('json')
    const position = cursor === undefined ? RESEAL_START : readCursor(cursor)
    const { next, unreadable, ...counts } = await resealStep(c.env, requireMasterKeys(c.env), position, Date.now())
    const keys = unreadable.map(({ table, key }) => ({ table, key: [...key] }))
    c.var.audit.after({ ...counts, unreadable: keys })
    return c.json({ ...counts, unreadable: keys, next_cursor: next === null ? null : makeCursor(next) }, 200)
  },
)

const cursorShape = z.tuple([z.int().min(0), z.int().min(0), z.array(z.string()).max(10), z.boolean()])

function makeCursor({ database, store, after, isClean }: ResealPosition): string {
  return encodeCursor(JSON.stringify([database, store, after, isClean]))
}

/** @throws ApiProblem `invalid_cursor` */
function readCursor(cursor: string): ResealPosition {
  const position = cursorShape.safeParse(parseJson(decodeCursor(cursor)))
  if (!position.success)
    throw new ApiProblem('invalid_cursor', 'Send the next_cursor of the step before, as it was, or none.', {
      param: '/cursor',
    })
  const [database, store, after, isClean] = position.data
  return { database, store, after, isClean }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
