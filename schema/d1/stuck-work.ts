/**
 * Work that fails whoever takes it: tickets, and openings of ledgers, whose queue gave their message up or whose
 * consumers end without a word. Written where it fails, a row each; never on the path of work that succeeds.
 */
import { and, asc, eq, lt, sql } from 'drizzle-orm'
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { LedgerRef } from '../queue-messages.ts'
import { drizzle } from './drizzle.ts'

/** In place of a ticket's number: the opening of its ledger. */
const OPENING = -1

/** `WITHOUT ROWID` (see the migration). */
export const stuckWorkTable = sqliteTable(
  'stuck_work',
  {
    appId: text('app_id').notNull(),
    notificationId: text('notification_id').notNull(),
    ledgerKind: text('ledger_kind', { enum: ['shard', 'notification'] }).notNull(),
    ledgerName: text('ledger_name').notNull(),
    /** -1: the opening of the ledger. */
    ticket: integer('ticket').notNull(),
    /** How often a queue gave it up, or a consumer reported it. */
    times: integer('times').notNull(),
    error: text('error'),
    firstSeenAt: integer('first_seen_at').notNull(),
    lastSeenAt: integer('last_seen_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.appId, table.notificationId, table.ledgerName, table.ticket] })],
)

/** What does not get done. */
export interface StuckJob {
  readonly appId: string
  readonly notificationId: string
  readonly ledger: LedgerRef
  /** Null: the opening of the ledger. */
  readonly ticket: number | null
}

export interface StuckWork extends StuckJob {
  readonly times: number
  readonly error: string | null
  /** Epoch ms. */
  readonly firstSeenAt: number
  readonly lastSeenAt: number
}

/** What was seen of it. */
export interface Sighting {
  /** Null: unknown; then the one that is known stays. */
  readonly error: string | null
  /** Whether it counts: a queue gave it up, say. */
  readonly counts: boolean
  /** Epoch ms. */
  readonly now: number
}

export async function noteStuckWork(db: D1Database, job: StuckJob, { error, counts, now }: Sighting): Promise<void> {
  const { appId, notificationId, ledger } = job
  const place = { ledgerKind: ledger.kind, ledgerName: ledger.name, ticket: job.ticket ?? OPENING }
  const times = counts ? 1 : 0
  const { times: known, error: before } = stuckWorkTable
  await drizzle(db)
    .insert(stuckWorkTable)
    .values({ appId, notificationId, ...place, times, error, firstSeenAt: now, lastSeenAt: now })
    .onConflictDoUpdate({
      target: [stuckWorkTable.appId, stuckWorkTable.notificationId, stuckWorkTable.ledgerName, stuckWorkTable.ticket],
      set: { times: sql`${known} + ${times}`, error: sql`coalesce(${error}, ${before})`, lastSeenAt: now },
    })
}

/** It got done, or nobody wants it any more. */
export async function dropStuckWork(db: D1Database, job: StuckJob): Promise<void> {
  await drizzle(db).delete(stuckWorkTable).where(thatJob(job))
}

/** Forgets what was not seen since. @param before epoch ms */
export async function dropOldStuckWork(db: D1Database, appId: string, before: number): Promise<void> {
  await drizzle(db)
    .delete(stuckWorkTable)
    .where(and(eq(stuckWorkTable.appId, appId), lt(stuckWorkTable.lastSeenAt, before)))
}

/** A page in the order of the key. @param page.after the last of the page before, or null */
export async function listStuckWork(
  db: D1Database,
  appId: string,
  page: { readonly after: StuckJob | null; readonly limit: number },
): Promise<StuckWork[]> {
  const { notificationId, ledgerName, ticket } = stuckWorkTable
  const { after } = page
  const beyond =
    after &&
    sql`(${notificationId}, ${ledgerName}, ${ticket}) > (${after.notificationId}, ${after.ledger.name}, ${after.ticket ?? OPENING})`
  const rows = await drizzle(db)
    .select()
    .from(stuckWorkTable)
    .where(and(eq(stuckWorkTable.appId, appId), beyond ?? undefined))
    .orderBy(asc(notificationId), asc(ledgerName), asc(ticket))
    .limit(page.limit)
  return rows.map(({ ledgerKind, ledgerName: name, ticket: number, ...row }) => ({
    ...row,
    ledger: { kind: ledgerKind, name },
    ticket: number === OPENING ? null : number,
  }))
}

function thatJob({ appId, notificationId, ledger, ticket }: StuckJob) {
  return and(
    eq(stuckWorkTable.appId, appId),
    eq(stuckWorkTable.notificationId, notificationId),
    eq(stuckWorkTable.ledgerName, ledger.name),
    eq(stuckWorkTable.ticket, ticket ?? OPENING),
  )
}
