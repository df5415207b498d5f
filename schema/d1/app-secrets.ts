/**
 * The secrets that Fanfare makes for an app, sealed on the way in and opened on the way out. Nobody else sees the
 * sealed bytes.
 */
import { and, eq, isNull, lt, or, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { blob, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { AppSecret, AppSecretUse, SecretMaterial } from '../../push/app-secret.ts'
import { seal, unseal } from '../../push/sealing.ts'

/** `WITHOUT ROWID` (see the migration). */
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
  (table) => [primaryKey({ columns: [table.appId, table.use, table.id] })],
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

/** All secrets of an app for one use, opened. @throws MasterKeyError, SealError */
export async function readAppSecrets(
  db: D1Database,
  masterKeys: readonly string[],
  appId: string,
  use: AppSecretUse,
): Promise<AppSecret[]> {
  const ofUse = and(eq(appSecretTable.appId, appId), eq(appSecretTable.use, use))
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
 * Stores a secret in place of the current one, which makes nothing new from then on.
 *
 * @param expiresAt epoch ms: until then what the old ones made stays good
 * @throws MasterKeyError
 */
export async function replaceAppSecret(db: D1Database, secret: NewAppSecret, expiresAt: number): Promise<void> {
  const { appId, use, id, createdAt } = secret
  const query = drizzle(db)
  const older = and(eq(appSecretTable.appId, appId), eq(appSecretTable.use, use), isNull(appSecretTable.retiredAt))
  const sealed = await sealMaterial(secret)
  await query.batch([
    query.update(appSecretTable).set({ retiredAt: createdAt, expiresAt }).where(older),
    query.insert(appSecretTable).values({ appId, use, id, sealed: sealed.buffer, createdAt }),
  ])
}

/** What retired secrets made is refused from now on. @param now epoch ms */
export async function expireRetiredSecrets(
  db: D1Database,
  appId: string,
  use: AppSecretUse,
  now: number,
): Promise<void> {
  const retired = and(eq(appSecretTable.appId, appId), eq(appSecretTable.use, use), lt(appSecretTable.retiredAt, now))
  const later = or(isNull(appSecretTable.expiresAt), sql`${appSecretTable.expiresAt} > ${now}`)
  await drizzle(db).update(appSecretTable).set({ expiresAt: now }).where(and(retired, later))
}

function sealMaterial({ masterKey, appId, use, material, iv }: NewAppSecret): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(new TextEncoder().encode(JSON.stringify(material)))
  return seal(masterKey, { appId, use }, bytes, iv)
}
