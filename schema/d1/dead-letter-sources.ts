/**
 * Which notifications have dead letters: the index that lists an app's. The letters themselves are in the
 * notifications' ledgers; nothing here is written per recipient, and nothing for a notification that lost nobody.
 */
import { and, desc, eq, sql } from 'drizzle-orm'
import { primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { drizzle } from './drizzle.ts'

/** In the order of the ids, which is the order in which the notifications were made. `WITHOUT ROWID`. */
export const deadLetterSourceTable = sqliteTable(
  'dead_letter_source',
  {
    appId: text('app_id').notNull(),
    notificationId: text('notification_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.appId, table.notificationId] })],
)

/** Notes that a notification has dead letters. One row, once. */
export async function noteDeadLetterSource(db: D1Database, appId: string, notificationId: string): Promise<void> {
  await drizzle(db).insert(deadLetterSourceTable).values({ appId, notificationId }).onConflictDoNothing()
}

/** The notification's ledgers are about to be emptied. */
export async function dropDeadLetterSource(db: D1Database, appId: string, notificationId: string): Promise<void> {
  await drizzle(db)
    .delete(deadLetterSourceTable)
    .where(and(eq(deadLetterSourceTable.appId, appId), eq(deadLetterSourceTable.notificationId, notificationId)))
}

/** Notifications with dead letters, the newest first. @param page.from the first of the page, or null */
export async function listDeadLetterSources(
  db: D1Database,
  appId: string,
  page: { readonly from: string | null; readonly limit: number },
): Promise<string[]> {
  const { notificationId } = deadLetterSourceTable
  const upTo = page.from === null ? undefined : sql`${notificationId} <= ${page.from}`
  const rows = await drizzle(db)
    .select()
    .from(deadLetterSourceTable)
    .where(and(eq(deadLetterSourceTable.appId, appId), upTo))
    .orderBy(desc(notificationId))
    .limit(page.limit)
  return rows.map((row) => row.notificationId)
}
