/**
 * Custom roles: sets of scopes with a name, perhaps limited. They are beside the API keys, in the same database, because
 * a role that keys have cannot be deleted.
 */
import { and, asc, count, eq, gt, isNull, or, sql } from 'drizzle-orm'
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { Rights } from '../../push/rights.ts'
import { isScope } from '../../push/roles.ts'
import { apiKeyTable } from './api-keys.ts'
import { drizzle } from './drizzle.ts'

/** `WITHOUT ROWID` (see the migration). */
export const appRoleTable = sqliteTable(
  'app_role',
  {
    appId: text('app_id').notNull(),
    name: text('name').notNull(),
    scopes: text('scopes', { mode: 'json' }).$type<readonly string[]>().notNull(),
    /** Patterns (push/name-pattern.ts), as in the next one; null: no limit. */
    topics: text('topics', { mode: 'json' }).$type<readonly string[]>(),
    categories: text('categories', { mode: 'json' }).$type<readonly string[]>(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.appId, table.name] })],
)

/** Times in epoch ms. */
export interface AppRole extends Rights {
  readonly name: string
  readonly createdAt: number
  readonly updatedAt: number
}

/** Null: the app has no such role of its own. */
export async function readRole(db: D1Database, appId: string, name: string): Promise<AppRole | null> {
  const [row] = await drizzle(db).select().from(appRoleTable).where(thatRole(appId, name))
  return row === undefined ? null : roleOf(row)
}

/** All roles of an app's own, by name. */
export async function listRoles(db: D1Database, appId: string): Promise<AppRole[]> {
  const ofApp = eq(appRoleTable.appId, appId)
  const rows = await drizzle(db).select().from(appRoleTable).where(ofApp).orderBy(asc(appRoleTable.name))
  return rows.map(roleOf)
}

/**
 * Creates a role, or replaces what it may do. Null: it would be one more than `most`.
 *
 * @param now epoch ms
 */
export async function writeRole(
  db: D1Database,
  appId: string,
  { name, scopes, limits }: Rights & { readonly name: string },
  { now, most }: { readonly now: number; readonly most: number },
): Promise<AppRole | null> {
  const topics = limits.topics && JSON.stringify(limits.topics)
  const categories = limits.categories && JSON.stringify(limits.categories)
  await drizzle(db).run(sql`
    insert into app_role (app_id, name, scopes, topics, categories, created_at, updated_at)
    select ${appId}, ${name}, ${JSON.stringify(scopes)}, ${topics}, ${categories}, ${now}, ${now}
    where exists (select 1 from app_role where app_id = ${appId} and name = ${name})
      or (select count(*) from app_role where app_id = ${appId}) < ${most}
    on conflict do update set scopes = excluded.scopes, topics = excluded.topics, categories = excluded.categories,
      updated_at = excluded.updated_at`)
  return await readRole(db, appId, name)
}

/**
 * Deletes a role, unless keys have it that are neither revoked nor expired. Answers how many those are: 0 when it is
 * gone. No key can get it meanwhile (api-keys.ts).
 *
 * @param now epoch ms
 */
export async function deleteRole(db: D1Database, appId: string, name: string, now: number): Promise<number> {
  const query = drizzle(db)
  const lives = and(isNull(apiKeyTable.revokedAt), or(isNull(apiKeyTable.expiresAt), gt(apiKeyTable.expiresAt, now)))
  const keys = query
    .select({ count: count() })
    .from(apiKeyTable)
    .where(and(eq(apiKeyTable.appId, appId), eq(apiKeyTable.role, name), lives))
  const [[having]] = await query.batch([
    keys,
    query.delete(appRoleTable).where(and(thatRole(appId, name), eq(sql`(${keys})`, 0))),
  ])
  return having?.count ?? 0
}

function thatRole(appId: string, name: string) {
  return and(eq(appRoleTable.appId, appId), eq(appRoleTable.name, name))
}

/** A scope that this version does not know opens nothing. */
function roleOf({ name, scopes, topics, categories, createdAt, updatedAt }: typeof appRoleTable.$inferSelect): AppRole {
  return { name, scopes: scopes.filter(isScope), limits: { topics, categories }, createdAt, updatedAt }
}
