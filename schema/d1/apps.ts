/** Apps: one row a tenant's application, and its queries. */
import { and, eq, isNotNull, isNull, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { type AppQuotas, type AppSettings, quotasOf, settingsOf } from '../../push/app-settings.ts'
import { drizzle } from './drizzle.ts'

/** `WITHOUT ROWID` (see the migration). */
export const appTable = sqliteTable(
  'app',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    createdAt: integer('created_at').notNull(),
    /** Epoch ms; null: it is there. A deleted app may do nothing any more, and what it had is removed bit by bit. */
    deletedAt: integer('deleted_at'),
    /** What differs from the defaults (push/app-settings.ts). */
    settings: text('settings', { mode: 'json' }).$type<Partial<AppSettings>>(),
    quotas: text('quotas', { mode: 'json' }).$type<Partial<AppQuotas>>(),
  },
  (table) => [index('app_deleted').on(table.id).where(isNotNull(table.deletedAt))],
)

/** An app that is there. Times in epoch ms. */
export interface App {
  readonly id: string
  readonly name: string
  readonly createdAt: number
  readonly settings: AppSettings
  readonly quotas: AppQuotas
}

export async function insertApp(db: D1Database, app: Pick<App, 'id' | 'name' | 'createdAt'>): Promise<void> {
  await drizzle(db).insert(appTable).values(app)
}

/** Null: there is no such app, or none any more. */
export async function readApp(db: D1Database, appId: string): Promise<App | null> {
  const that = and(eq(appTable.id, appId), isNull(appTable.deletedAt))
  const [row] = await drizzle(db).select().from(appTable).where(that)
  return row === undefined ? null : appOf(row)
}

/** Changes settings; those that are not mentioned stay. Null: there is no such app. */
export async function changeSettings(
  db: D1Database,
  appId: string,
  changes: Partial<AppSettings>,
): Promise<App | null> {
  return await changeApp(db, appId, { settings: withKeys(appTable.settings, changes) })
}

/** Changes quotas; those that are not mentioned stay. Null: there is no such app. */
export async function changeQuotas(db: D1Database, appId: string, changes: Partial<AppQuotas>): Promise<App | null> {
  return await changeApp(db, appId, { quotas: withKeys(appTable.quotas, changes) })
}

async function changeApp(db: D1Database, appId: string, set: Record<string, SQL>): Promise<App | null> {
  const that = and(eq(appTable.id, appId), isNull(appTable.deletedAt))
  const [row] = await drizzle(db).update(appTable).set(set).where(that).returning()
  return row === undefined ? null : appOf(row)
}

/** The stored object with some keys set, in one statement, so that two changes at once do not undo each other. */
function withKeys(column: SQLWrapper, changes: object): SQL {
  const keys = Object.entries(changes).map(([key, value]) => sql`, ${`$.${key}`}, json(${JSON.stringify(value)})`)
  return sql`json_set(coalesce(${column}, '{}')${sql.join(keys)})`
}

function appOf({ id, name, createdAt, settings, quotas }: typeof appTable.$inferSelect): App {
  return { id, name, createdAt, settings: settingsOf(settings ?? {}), quotas: quotasOf(quotas ?? {}) }
}

/** Throws when the database cannot be read or has not been migrated. */
export async function pingDatabase(db: D1Database): Promise<void> {
  await drizzle(db).select({ id: appTable.id }).from(appTable).limit(1)
}
