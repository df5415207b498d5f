/**
 * `/v1/audit`: who did what, from where, when, and what it was before and after. Reading only: nothing in the API changes
 * a row.
 */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { AuditCalls } from '../../durable-objects/audit-rpc.ts'
import { auditLogOf, OPERATOR_LOG } from '../../durable-objects/stubs.ts'
import { AUDIT_OUTCOMES } from '../../push/audit-entry.ts'
import { isId } from '../../push/ids.ts'
import { readApp } from '../../schema/d1/apps.ts'
import { directoryDatabase } from '../../schema/databases.ts'
import { appIdField } from './app-scope.ts'
import { auditHeadAnswer, auditRowAnswer } from './audit-answer.ts'
import { exportLines } from './audit-export.ts'
import { allow } from './auth.ts'
import type { ApiEnv } from './context.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { instantInput, instantOrNull, pageFields, pageOf } from './fields.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'

const TAGS = ['Audit']

const appField = appIdField.optional().openapi({
  description:
    'For the operator: the log of this app, a deleted one too. Left out: of an app its own, else the operator’s.',
})
const whichLog = z.strictObject({ app: appField })

/** The number of a row. */
const SEQUENCE = /^\d{1,15}$/

const exact = (what: string, example: string) => z.string().min(1).optional().openapi({ description: what, example })

const listAudit = createRoute({
  method: 'get',
  path: '/v1/audit',
  tags: TAGS,
  summary: 'Search the audit log',
  description:
    'The newest first. A page may have fewer rows than `limit`, even none, and still a `next_cursor`: a page looks at ' +
    'no more than 10,000 rows.',
  ...allow('listAudit'),
  request: {
    query: whichLog.extend({
      actor: exact('A key’s or a device’s id, or `root`, `key`, `token`, `device`, `system`.', 'root'),
      action: exact('The name of a call, or of an event.', 'revokeKey'),
      target: exact('What it was about.', 'key_01kb3c8r9q4h7n2m5v8x1z6t3w0yd'),
      outcome: z.enum(AUDIT_OUTCOMES).optional(),
      from: instantInput.optional().openapi({ description: 'Not before.' }),
      to: instantInput.optional().openapi({ description: 'Before.' }),
      ...pageFields,
    }),
  },
  responses: {
    200: { description: 'A page.', content: { 'application/json': { schema: pageOf(auditRowAnswer) } } },
    ...problems('invalid_cursor', 'not_found'),
  },
})

const exportAudit = createRoute({
  method: 'get',
  path: '/v1/audit/export',
  tags: TAGS,
  summary: 'Export the audit log',
  description:
    'NDJSON, streamed: `{"anchor": {log, sequence, hash}}`, the place up to which it was pruned, then every row in order, ' +
    'then `{"head": {sequence, hash}}`. Without that last line it was cut off. `npm run audit:verify` checks it.',
  ...allow('exportAudit'),
  request: { query: whichLog },
  responses: {
    200: { description: 'All of it.', content: { 'application/x-ndjson': { schema: z.string() } } },
    ...problems('not_found'),
  },
})

const getAuditHead = createRoute({
  method: 'get',
  path: '/v1/audit/head',
  tags: TAGS,
  summary: 'Read the head of the audit log',
  description:
    'Its last row. Note it in another place now and then: only against a noted head can anybody see that the end of a ' +
    'log was cut off, or that all of it was written anew.',
  ...allow('getAuditHead'),
  request: { query: whichLog },
  responses: {
    200: { description: 'The last row’s.', content: { 'application/json': { schema: auditHeadAnswer } } },
    ...problems('not_found'),
  },
})

export const audit = newRouter()
  .openapi(listAudit, async (c) => {
    const { app, limit, cursor, from, to, ...filter } = c.req.valid('query')
    const { log } = await logAsked(c, app)
    const { actor = null, action = null, target = null, outcome = null } = filter
    const page = await log.page({
      ...{ actor, action, target, outcome, limit },
      from: from === undefined ? null : Date.parse(from),
      to: to === undefined ? null : Date.parse(to),
      before: cursor === undefined ? null : Number(decodeCursor(cursor, SEQUENCE)),
    })
    const next_cursor = page.nextBefore === null ? null : encodeCursor(String(page.nextBefore))
    return c.json({ data: page.data, next_cursor }, 200)
  })
  .openapi(exportAudit, async (c) => {
    const { name } = await logAsked(c, c.req.valid('query').app)
    // A stub may be broken for good after an exception, and an export takes many calls.
    const lines = await exportLines(name, () => auditLogOf(c.env, name))
    // hono's types take every media type that ends in "json" for JSON.
    return c.body(lines, 200, { 'Content-Type': 'application/x-ndjson' }) as never
  })
  .openapi(getAuditHead, async (c) => {
    const { log } = await logAsked(c, c.req.valid('query').app)
    const { sequence, hash, at } = (await log.ends()).head
    return c.json({ sequence, hash, at: instantOrNull(at) }, 200)
  })

/** @throws ApiProblem `not_found`: it is not the caller's, or there is none */
async function logAsked(c: Context<ApiEnv>, appId?: string): Promise<{ name: string; log: AuditCalls }> {
  const { caller } = c.var
  const name = appId ?? (caller.kind === 'root' ? OPERATOR_LOG : caller.appId)
  const log = auditLogOf(c.env, name)
  if (caller.kind === 'root' ? await isThere(c.env, name) : caller.appId === name) return { name, log }
  throw new ApiProblem('not_found', `There is no audit log of ${name} for this caller.`, { param: 'app' })
}

/** The log of an app is there as long as the app, and longer. */
async function isThere(env: Env, name: string): Promise<boolean> {
  if (name === OPERATOR_LOG) return true
  if (!isId('app', name)) return false
  return (
    (await readApp(directoryDatabase(env), name)) !== null || (await auditLogOf(env, name).ends()).head.sequence > 0
  )
}
