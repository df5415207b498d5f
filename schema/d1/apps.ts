/** Apps: one row a tenant's application, and its queries. */
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** `WITHOUT ROWID` (see the migration). */
export const appTable = sqliteTable('app', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  createdAt: integer('created_at').notNull(),
})

export type App = typeof appTable.$inferSelect

export async function insertApp(db: D1Database, app: App): Promise<void> {
  await drizzle(db).insert(appTable).values(app)
}

export async function readApp(db: D1Database, appId: string): Promise<App | null> {
  const [app] = await drizzle(db).select().from(appTable).where(eq(appTable.id, appId))
  return app ?? null
}

/** Throws when the database cannot be read or has not been migrated. */
export async function pingDatabase(db: D1Database): Promise<void> {
  await drizzle(db).select({ id: appTable.id }).from(appTable).limit(1)
}
