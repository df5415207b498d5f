/** API keys: who may call for an app. The key itself is never stored, only its SHA-256. */
import { and, asc, eq, getTableColumns, gt, isNull, sql } from 'drizzle-orm'
import { integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { KeyPlace } from '../../push/key-habit.ts'
import { isBuiltInRole } from '../../push/roles.ts'
import { drizzle } from './drizzle.ts'

/** `WITHOUT ROWID` (see the migration). The index finds a key by what a caller shows; keys are few. */
export const apiKeyTable = sqliteTable(
  'api_key',
  {
    appId: text('app_id').notNull(),
    id: text('id').notNull(),
    /** Hex of SHA-256 over the key. */
    keyHash: text('key_hash').notNull(),
    /** A built-in role, or one of the app's own (app-roles.ts). */
    role: text('role').notNull(),
    name: text('name'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at'),
    revokedAt: integer('revoked_at'),
    /** Epoch ms, to the minutes: see workers/api/note-key-use.ts. */
    lastUsedAt: integer('last_used_at'),
    /** A JSON list: see push/key-habit.ts. */
    places: text('places', { mode: 'json' }).$type<readonly KeyPlace[]>(),
    /** The key that this one was made from by rotation, and the one that was made from this one. */
    replaces: text('replaces'),
    replacedBy: text('replaced_by'),
  },
  (table) => [primaryKey({ columns: [table.appId, table.id] }), uniqueIndex('api_key_hash').on(table.keyHash)],
)

/** Times in epoch ms. */
export type ApiKeyRow = typeof apiKeyTable.$inferSelect

/** Stores a key. False: its role is not built in and not there, deleted this moment perhaps; then neither is the key. */
export async function insertApiKey(db: D1Database, key: ApiKeyRow): Promise<boolean> {
  const query = drizzle(db)
  const insert = query.insert(apiKeyTable).values(key)
  if (isBuiltInRole(key.role)) {
    await insert
    return true
  }
  const roleIsGone = sql`not exists (select 1 from app_role where app_id = ${key.appId} and name = ${key.role})`
  const that = and(eq(apiKeyTable.appId, key.appId), eq(apiKeyTable.id, key.id))
  const takeBack = query.delete(apiKeyTable).where(and(that, roleIsGone)).returning({ id: apiKeyTable.id })
  const [, takenBack] = await query.batch([insert, takeBack])
  return takenBack.length === 0
}

/** The key with that hash, also when it is revoked or expired: that is for the caller to judge. */
export async function findApiKey(db: D1Database, keyHash: string): Promise<ApiKeyRow | null> {
  const [key] = await drizzle(db).select().from(apiKeyTable).where(eq(apiKeyTable.keyHash, keyHash))
  return key ?? null
}

/** The key with that id, also when it is revoked or expired. Null: the app has none. */
export async function readApiKey(db: D1Database, appId: string, id: string): Promise<ApiKeyRow | null> {
  const [key] = await drizzle(db).select().from(apiKeyTable).where(thatKey(appId, id))
  return key ?? null
}

/** A page of an app's keys in the order they were made. @param after the last id of the page before, or '' */
export async function listApiKeys(db: D1Database, appId: string, after: string, limit: number): Promise<ApiKeyRow[]> {
  const onPage = and(eq(apiKeyTable.appId, appId), gt(apiKeyTable.id, after))
  return drizzle(db).select().from(apiKeyTable).where(onPage).orderBy(asc(apiKeyTable.id)).limit(limit)
}

/** The key that takes the place of another one, and when that one ends. Times in epoch ms. */
export interface Replacement {
  readonly id: string
  readonly keyHash: string
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly oldExpiresAt: number
}

/**
 * Makes a key that is in everything like the old one but in what the replacement says, and lets the old one expire.
 *
 * @param old as it was read
 * @returns null when the old one is not any more as it was read: somebody else has rotated or revoked it
 */
export async function replaceApiKey(
  db: D1Database,
  old: ApiKeyRow,
  replacement: Replacement,
): Promise<ApiKeyRow | null> {
  const { id, keyHash, createdAt, expiresAt, oldExpiresAt } = replacement
  const query = drizzle(db)
  const stillIs = and(thatKey(old.appId, old.id), isNull(apiKeyTable.revokedAt), isNull(apiKeyTable.replacedBy))
  const like = query
    .select({
      ...getTableColumns(apiKeyTable),
      id: sql`${id}`.as('id'),
      keyHash: sql`${keyHash}`.as('key_hash'),
      createdAt: sql`${createdAt}`.as('created_at'),
      expiresAt: sql`${expiresAt}`.as('expires_at'),
      lastUsedAt: sql`null`.as('last_used_at'),
      replaces: sql`${old.id}`.as('replaces'),
      replacedBy: sql`null`.as('replaced_by'),
    })
    .from(apiKeyTable)
    .where(and(thatKey(old.appId, old.id), eq(apiKeyTable.replacedBy, id)))
  const [, [made]] = await query.batch([
    query.update(apiKeyTable).set({ replacedBy: id, expiresAt: oldExpiresAt }).where(stillIs),
    query.insert(apiKeyTable).select(like).returning(),
  ])
  return made ?? null
}

/**
 * Notes when and from where a key was used, unless its places are not any more as they were read. Answers whether it
 * was noted.
 */
export async function noteApiKeyUse(
  db: D1Database,
  key: ApiKeyRow,
  { lastUsedAt, places }: Pick<ApiKeyRow, 'lastUsedAt' | 'places'>,
): Promise<boolean> {
  const asRead = sql`${apiKeyTable.places} is ${key.places && JSON.stringify(key.places)}`
  const that = and(thatKey(key.appId, key.id), asRead)
  const written = await drizzle(db).update(apiKeyTable).set({ lastUsedAt, places }).where(that).returning()
  return written.length > 0
}

/** Revokes a key; null when the app has no such key. Revoking again changes nothing. */
export async function revokeApiKey(db: D1Database, appId: string, id: string, now: number): Promise<ApiKeyRow | null> {
  const that = thatKey(appId, id)
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

function thatKey(appId: string, id: string) {
  return and(eq(apiKeyTable.appId, appId), eq(apiKeyTable.id, id))
}
