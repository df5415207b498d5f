/**
 * Where an app wants to hear of what happens, and with which secret it is signed: sealed on the way in, opened on the way
 * out. Nobody else sees the sealed bytes.
 */
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import { blob, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { seal, unseal } from '../../push/sealing.ts'
import type { WebhookSubject } from '../../push/webhook-event.ts'
import type { WebhookDisabledReason } from '../../push/webhook-retry.ts'
import { drizzle } from './drizzle.ts'

/** `WITHOUT ROWID` (see the migration). All times in epoch ms. */
export const webhookTable = sqliteTable(
  'webhook',
  {
    appId: text('app_id').notNull(),
    id: text('id').notNull(),
    url: text('url').notNull(),
    events: text('events', { mode: 'json' }).$type<WebhookSubject[]>().notNull(),
    description: text('description'),
    enabled: integer('enabled', { mode: 'boolean' }).notNull(),
    /** Why Fanfare has disabled it; null: it has not. */
    disabledReason: text('disabled_reason').$type<WebhookDisabledReason>(),
    disabledAt: integer('disabled_at'),
    /** See push/sealing.ts. */
    sealed: blob('sealed').$type<ArrayBuffer>().notNull(),
    /** The secret before it, which signs too until `previousExpiresAt`. */
    previousSealed: blob('previous_sealed').$type<ArrayBuffer>(),
    previousExpiresAt: integer('previous_expires_at'),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.appId, table.id] })],
)

type WebhookRow = typeof webhookTable.$inferSelect

/** A webhook without its secrets. */
export type Webhook = Omit<WebhookRow, 'sealed' | 'previousSealed'>

/** How a secret is sealed: the master key and a fresh initialization vector. */
export interface WebhookSealing {
  readonly masterKey: string
  readonly iv: Uint8Array<ArrayBuffer>
}

/** Stores a new webhook. False: the app has `most` already. @throws MasterKeyError */
export async function insertWebhook(
  db: D1Database,
  webhook: Webhook,
  secret: string,
  sealing: WebhookSealing,
  most: number,
): Promise<boolean> {
  const { appId, id, url, events, description, enabled, createdAt } = webhook
  const sealed = await sealSecret(webhook, secret, sealing)
  const written = await drizzle(db).all(sql`
    insert into webhook (app_id, id, url, events, description, enabled, sealed, created_at)
    select ${appId}, ${id}, ${url}, ${JSON.stringify(events)}, ${description}, ${enabled ? 1 : 0}, ${sealed}, ${createdAt}
    where (select count(*) from webhook where app_id = ${appId}) < ${most}
    returning id`)
  return written.length > 0
}

export async function readWebhook(db: D1Database, appId: string, id: string): Promise<Webhook | null> {
  const [row] = await drizzle(db).select().from(webhookTable).where(thatWebhook(appId, id))
  return row === undefined ? null : withoutSecrets(row)
}

/** A webhook and the secrets that sign for it now, the newest first. @throws MasterKeyError, SealError */
export async function openWebhook(
  db: D1Database,
  masterKeys: readonly string[],
  appId: string,
  id: string,
  now: number,
): Promise<{ readonly webhook: Webhook; readonly secrets: readonly string[] } | null> {
  const [row] = await drizzle(db).select().from(webhookTable).where(thatWebhook(appId, id))
  if (row === undefined) return null
  const overlaps = row.previousSealed !== null && (row.previousExpiresAt ?? 0) > now
  const sealed = overlaps ? [row.sealed, row.previousSealed!] : [row.sealed]
  const secrets = await Promise.all(
    sealed.map(async (bytes) => {
      return new TextDecoder().decode(await unseal(masterKeys, sealLabelOf(row), new Uint8Array(bytes)))
    }),
  )
  return { webhook: withoutSecrets(row), secrets }
}

/** A page of an app's webhooks in the order they were made. @param after the last id of the page before, or '' */
export async function listWebhooks(db: D1Database, appId: string, after: string, limit: number): Promise<Webhook[]> {
  const onPage = and(eq(webhookTable.appId, appId), gt(webhookTable.id, after))
  const rows = await drizzle(db).select().from(webhookTable).where(onPage).orderBy(asc(webhookTable.id)).limit(limit)
  return rows.map(withoutSecrets)
}

/** Changes a webhook; what is not mentioned stays. Null: there is none. */
export async function changeWebhook(
  db: D1Database,
  appId: string,
  id: string,
  changes: Partial<Pick<Webhook, 'url' | 'events' | 'description' | 'enabled' | 'disabledReason' | 'disabledAt'>>,
): Promise<Webhook | null> {
  if (Object.keys(changes).length === 0) return await readWebhook(db, appId, id)
  const [row] = await drizzle(db).update(webhookTable).set(changes).where(thatWebhook(appId, id)).returning()
  return row === undefined ? null : withoutSecrets(row)
}

/** Signs with another secret from now on, and until `previousExpiresAt` with the one before too. @throws MasterKeyError */
export async function replaceWebhookSecret(
  db: D1Database,
  { appId, id }: Pick<Webhook, 'appId' | 'id'>,
  secret: string,
  sealing: WebhookSealing,
  previousExpiresAt: number,
): Promise<Webhook | null> {
  const sealed = (await sealSecret({ appId, id }, secret, sealing)).buffer
  const set = { sealed, previousSealed: sql`${webhookTable.sealed}`, previousExpiresAt }
  const [row] = await drizzle(db).update(webhookTable).set(set).where(thatWebhook(appId, id)).returning()
  return row === undefined ? null : withoutSecrets(row)
}

/** Whether there was one to delete. */
export async function deleteWebhook(db: D1Database, appId: string, id: string): Promise<boolean> {
  const deleted = await drizzle(db)
    .delete(webhookTable)
    .where(thatWebhook(appId, id))
    .returning({ id: webhookTable.id })
  return deleted.length > 0
}

function sealSecret(
  webhook: Pick<Webhook, 'appId' | 'id'>,
  secret: string,
  { masterKey, iv }: WebhookSealing,
): Promise<Uint8Array<ArrayBuffer>> {
  return seal(masterKey, sealLabelOf(webhook), new Uint8Array(new TextEncoder().encode(secret)), iv)
}

/** A secret that was copied to another webhook does not open. */
export function sealLabelOf({ appId, id }: Pick<Webhook, 'appId' | 'id'>) {
  return { appId, use: `webhook ${id}` }
}

function thatWebhook(appId: string, id: string) {
  return and(eq(webhookTable.appId, appId), eq(webhookTable.id, id))
}

function withoutSecrets({ sealed: _, previousSealed: __, ...webhook }: WebhookRow): Webhook {
  return webhook
}
