/** Stuck work: tickets, and openings of ledgers, that fail whoever takes them. */
import { createRoute, z } from '@hono/zod-openapi'
import { ledgerNamed, notificationNamed } from '../../durable-objects/stubs.ts'
import { dropStuckWork, listStuckWork, type StuckJob, type StuckWork } from '../../schema/d1/stuck-work.ts'
import { databaseOf } from '../../schema/databases.ts'
import { allow } from './auth.ts'
import { appIdOf } from './caller.ts'
import { cutPage, decodeCursor } from './cursor.ts'
import { instantField, instantOf, notificationIdField, pageFields, pageOf } from './fields.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'
import { reachesNotification } from './within-limits.ts'

const stuckWorkAnswer = z
  .object({
    notification_id: notificationIdField,
    kind: z.enum(['ticket', 'opening']).openapi({
      description:
        '`ticket`: up to 500 recipients that no consumer manages to settle. `opening`: a ledger that does not open.',
    }),
    ledger: z.string().openapi({ description: 'The object that holds it, as the log names it.' }),
    ticket: z.int().min(0).nullable().openapi({ description: 'null: the opening of the ledger.' }),
    times: z.int().min(0).openapi({ description: 'How often it was given up.' }),
    error: z.string().nullable().openapi({ description: 'The last error that is known.' }),
    first_seen_at: instantField,
    last_seen_at: instantField,
  })
  .openapi('StuckWork')

const listStuckWorkRoute = createRoute({
  method: 'get',
  path: '/v1/dead-letters/tickets',
  tags: ['Dead letters'],
  summary: 'List stuck tickets',
  description:
    'Work that failed at every attempt, and still does. Its recipients are `pending`, not lost: the ledger tries ' +
    'again, ever more rarely, until it succeeds or the notification expires. What got done meanwhile is not listed.',
  ...allow('listStuckWork'),
  request: { query: z.strictObject(pageFields) },
  responses: {
    200: { description: 'A page of stuck work.', content: { 'application/json': { schema: pageOf(stuckWorkAnswer) } } },
    ...problems('invalid_cursor'),
  },
})

export const stuckWork = newRouter().openapi(listStuckWorkRoute, async (c) => {
  const appId = appIdOf(c.get('caller'))
  const { limit, cursor } = c.req.valid('query')
  const after = cursor === undefined ? null : readCursor(appId, decodeCursor(cursor, CURSOR))
  const rows = await listStuckWork(databaseOf(c.env, appId), appId, { after, limit: limit + 1 })
  const { page, next_cursor } = cutPage(rows, limit, writeCursor)
  const data: StuckWork[] = []
  for (const row of page) {
    if (!(await reachesNotification(c.env, c.get('caller'), appId, row.notificationId))) continue
    if (await isStuck(c.env, row)) data.push(row)
    else await dropStuckWork(databaseOf(c.env, appId), row)
  }
  return c.json({ data: data.map(toWire), next_cursor }, 200)
})

/** Asked when it is listed: nothing is written where work gets done. An object that throws may be what it is stuck on. */
async function isStuck(env: Env, job: StuckJob): Promise<boolean> {
  try {
    return await isOpen(env, job)
  } catch (error) {
    console.error('stuck work cannot be looked at', { ...job, error: String(error) })
    return true
  }
}

async function isOpen(env: Env, { appId, notificationId, ledger, ticket }: StuckJob): Promise<boolean> {
  if (ticket !== null) return await ledgerNamed(env, ledger).isOpenTicket(notificationId, ticket)
  const view = await ledgerNamed(env, ledger).ledgerView(notificationId)
  if (view?.opened) return false
  return (await notificationNamed(env, appId, notificationId).view())?.status === 'sending'
}

function toWire(row: StuckWork): z.input<typeof stuckWorkAnswer> {
  return {
    notification_id: row.notificationId,
    kind: row.ticket === null ? 'opening' : 'ticket',
    ledger: row.ledger.name,
    ticket: row.ticket,
    times: row.times,
    error: row.error,
    first_seen_at: instantOf(row.firstSeenAt),
    last_seen_at: instantOf(row.lastSeenAt),
  }
}

function writeCursor({ notificationId, ledger, ticket }: StuckJob): string {
  return `${notificationId} ${ledger.name} ${ticket ?? ''}`
}

/** `notification ledger ticket`, see {@link writeCursor}. */
const CURSOR = /^(\S+) (\S+) (\d*)$/

/** The kind of the ledger is no part of the order. */
function readCursor(appId: string, text: string): StuckJob | null {
  const match = CURSOR.exec(text)
  if (!match) return null
  const [, notificationId = '', name = '', ticket = ''] = match
  return { appId, notificationId, ledger: { kind: 'shard', name }, ticket: ticket === '' ? null : Number(ticket) }
}
