/** Apps: one row a tenant's application, and its queries. */
import { and, eq, isNotNull, isNull } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** `WITHOUT ROWID` (see the migration). */
export const appTable = sqliteTable(
  'app',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    createdAt: integer('created_at').notNull(),
    /** Epoch ms; null: it is there. A deleted app may do nothing any more, and what it had is removed bit by bit. */
    deletedAt: integer('deleted_at'),
  },
  (table) => [index('app_deleted').on(table.id).where(isNotNull(table.deletedAt))],
)

export type App = typeof appTable.$inferSelect

export async function insertApp(db: D1Database, app: Omit<App, 'deletedAt'>): Promise<void> {
  await drizzle(db).insert(appTable).values(app)
}

/** Null: there is no such app, or none any more. */
export async function readApp(db: D1Database, appId: string): Promise<App | null> {
  const that = and(eq(appTable.id, appId), isNull(appTable.deletedAt))
  const [app] = await drizzle(db).select().from(appTable).where(that)
  return app ?? null
}

/** Throws when the database cannot be read or has not been migrated. */
export async function pingDatabase(db: D1Database): Promise<void> {
  await drizzle(db).select({ id: appTable.id }).from(appTable).limit(1)
}
