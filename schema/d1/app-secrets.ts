/**
 * The secrets that Fanfare makes for an app, sealed on the way in and opened on the way out. Nobody else sees the
 * sealed bytes.
 */
import { and, asc, eq, gt, isNotNull, isNull, or, sql } from 'drizzle-orm'
import { blob, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { AppSecret, AppSecretUse, SecretMaterial } from '../../push/app-secret.ts'
import { seal, unseal } from '../../push/sealing.ts'
import { drizzle } from './drizzle.ts'

/** `WITHOUT ROWID` (see the migration). The index finds those to delete; most never have an end. */
export const appSecretTable = sqliteTable(
  'app_secret',
  {
    appId: text('app_id').notNull(),
    use: text('use').$type<AppSecretUse>().notNull(),
    id: text('id').notNull(),
    /** See push/sealing.ts. */
    sealed: blob('sealed').$type<ArrayBuffer>().notNull(),
    /** Epoch ms, as the two below: see push/app-secret.ts. */
    createdAt: integer('created_at').notNull(),
    retiredAt: integer('retired_at'),
    expiresAt: integer('expires_at'),
  },
  (table) => [
    primaryKey({ columns: [table.appId, table.use, table.id] }),
    index('app_secret_expiry').on(table.expiresAt).where(isNotNull(table.expiresAt)),
  ],
)

/** A secret that was just made, and how to seal it: the master key and a fresh initialization vector. */
export interface NewAppSecret {
  readonly appId: string
  readonly use: AppSecretUse
  readonly id: string
  readonly material: SecretMaterial
  readonly createdAt: number
  readonly masterKey: string
  readonly iv: Uint8Array<ArrayBuffer>
}

/**
 * The secrets of an app for one use whose work is still good, opened.
 *
 * @param now epoch ms
 * @throws MasterKeyError, SealError
 */
export async function readAppSecrets(
  db: D1Database,
  masterKeys: readonly string[],
  { appId, use, now }: { readonly appId: string; readonly use: AppSecretUse; readonly now: number },
): Promise<AppSecret[]> {
  const { expiresAt: endsAt } = appSecretTable
  const ofUse = and(eq(appSecretTable.appId, appId), eq(appSecretTable.use, use), or(isNull(endsAt), gt(endsAt, now)))
  const rows = await drizzle(db).select().from(appSecretTable).where(ofUse)
  return await Promise.all(
    rows.map(async ({ sealed, id, createdAt, retiredAt, expiresAt }) => {
      const bytes = await unseal(masterKeys, { appId, use }, new Uint8Array(sealed))
      const material = JSON.parse(new TextDecoder().decode(bytes)) as SecretMaterial
      return { id, use, createdAt, retiredAt, expiresAt, material }
    }),
  )
}

/** Stores the first secret of its use; when there is a current one already, nothing happens. @throws MasterKeyError */
export async function insertFirstAppSecret(db: D1Database, secret: NewAppSecret): Promise<void> {
  const { appId, use, id, createdAt } = secret
  const sealed = await sealMaterial(secret)
  await drizzle(db).run(sql`
    insert into app_secret (app_id, use, id, sealed, created_at)
    select ${appId}, ${use}, ${id}, ${sealed}, ${createdAt}
    where not exists (select 1 from app_secret where app_id = ${appId} and use = ${use} and retired_at is null)`)
}

/**
 * Stores a secret in place of the current one, which makes nothing new from then on. What any earlier one made is good
 * until `expiresAt` (epoch ms) and not longer. Answers how many were retired by it.
 *
 * @throws MasterKeyError
 */
export async function replaceAppSecret(db: D1Database, secret: NewAppSecret, expiresAt: number): Promise<number> {
  const { appId, use, id, createdAt } = secret
  const { expiresAt: endsAt, retiredAt } = appSecretTable
  const query = drizzle(db)
  const earlier = and(
    eq(appSecretTable.appId, appId),
    eq(appSecretTable.use, use),
    or(isNull(endsAt), gt(endsAt, expiresAt)),
  )
  const sealed = await sealMaterial(secret)
  const [retired] = await query.batch([
    query
      .update(appSecretTable)
      .set({ retiredAt: sql`coalesce(${retiredAt}, ${createdAt})`, expiresAt })
      .where(earlier)
      .returning({ retiredAt }),
    query.insert(appSecretTable).values({ appId, use, id, sealed: sealed.buffer, createdAt }),
  ])
  return retired.length
}

/** What there is to know of an app's secrets without opening them, in the order of use and making. */
export async function listAppSecrets(db: D1Database, appId: string): Promise<Omit<AppSecret, 'material'>[]> {
  const { use, id, createdAt, retiredAt, expiresAt } = appSecretTable
  return await drizzle(db)
    .select({ use, id, createdAt, retiredAt, expiresAt })
    .from(appSecretTable)
    .where(eq(appSecretTable.appId, appId))
    .orderBy(asc(use), asc(id))
}

/** Deletes secrets whose work ended before an instant in epoch ms. */
export async function deleteExpiredAppSecrets(db: D1Database, before: number, limit: number): Promise<void> {
  await drizzle(db).run(sql`
    delete from app_secret where (app_id, use, id) in (
      select app_id, use, id from app_secret indexed by app_secret_expiry
      where expires_at is not null and expires_at < ${before} limit ${limit})`)
}

function sealMaterial({ masterKey, appId, use, material, iv }: NewAppSecret): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(new TextEncoder().encode(JSON.stringify(material)))
  return seal(masterKey, { appId, use }, bytes, iv)
}
