/** API keys: who may call for an app. The key itself is never stored, only its SHA-256. */
import { and, asc, eq, gt, isNull } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { Role } from '../../push/roles.ts'

/** `WITHOUT ROWID` (see the migration). The index finds a key by what a caller shows; keys are few. */
export const apiKeyTable = sqliteTable(
  'api_key',
  {
    appId: text('app_id').notNull(),
    id: text('id').notNull(),
    /** Hex of SHA-256 over the key. */
    keyHash: text('key_hash').notNull(),
    role: text('role').$type<Role>().notNull(),
    name: text('name'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at'),
    revokedAt: integer('revoked_at'),
  },
  (table) => [primaryKey({ columns: [table.appId, table.id] }), uniqueIndex('api_key_hash').on(table.keyHash)],
)

/** Times in epoch ms. */
export type ApiKeyRow = typeof apiKeyTable.$inferSelect

export async function insertApiKey(db: D1Database, key: ApiKeyRow): Promise<void> {
  await drizzle(db).insert(apiKeyTable).values(key)
}

/** The key with that hash, also when it is revoked or expired: that is for the caller to judge. */
export async function findApiKey(db: D1Database, keyHash: string): Promise<ApiKeyRow | null> {
  const [key] = await drizzle(db).select().from(apiKeyTable).where(eq(apiKeyTable.keyHash, keyHash))
  return key ?? null
}

/** The key with that id, also when it is revoked or expired. Null: the app has none. */
export async function readApiKey(db: D1Database, appId: string, id: string): Promise<ApiKeyRow | null> {
  const that = and(eq(apiKeyTable.appId, appId), eq(apiKeyTable.id, id))
  const [key] = await drizzle(db).select().from(apiKeyTable).where(that)
  return key ?? null
}

/** A page of an app's keys in the order they were made. @param after the last id of the page before, or '' */
export async function listApiKeys(db: D1Database, appId: string, after: string, limit: number): Promise<ApiKeyRow[]> {
  const onPage = and(eq(apiKeyTable.appId, appId), gt(apiKeyTable.id, after))
  return drizzle(db).select().from(apiKeyTable).where(onPage).orderBy(asc(apiKeyTable.id)).limit(limit)
}

/** Revokes a key; null when the app has no such key. Revoking again changes nothing. */
export async function revokeApiKey(db: D1Database, appId: string, id: string, now: number): Promise<ApiKeyRow | null> {
  const that = and(eq(apiKeyTable.appId, appId), eq(apiKeyTable.id, id))
  const query = drizzle(db)
  const [, [key]] = await query.batch([
    query
      .update(apiKeyTable)
      .set({ revokedAt: now })
      .where(and(that, isNull(apiKeyTable.revokedAt))),
    query.select().from(apiKeyTable).where(that),
  ])
  return key ?? null
}
