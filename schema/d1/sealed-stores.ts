/**
 * Every column that holds sealed bytes, as a list, so that changing the master key walks through all of them: one that is
 * not in {@link SEALED_STORES} stays behind when the old key is thrown away. Their names end in `sealed`.
 */
import { type SQL, sql } from 'drizzle-orm'
import { credentialLabel, unsealCredential } from '../../push/credential-encryption.ts'
import type { Platform } from '../../push/device.ts'
import { type SealLabel, unseal } from '../../push/sealing.ts'
import { sealLabelOf as attestationLabelOf } from './attestations.ts'
import { drizzle } from './drizzle.ts'
import { sealLabelOf as webhookLabelOf } from './webhooks.ts'

/** The values of a row's primary key; the first is its app. */
export type SealedKey = readonly string[]

export interface SealedStore {
  readonly table: string
  /** A row may have none there. */
  readonly column: string
  /** Says (epoch ms) from when on nobody needs what is sealed; null in the row: for good. Null here: there is no such end. */
  readonly endColumn: string | null
  /** The columns of the primary key. */
  readonly keyColumns: readonly ['app_id', ...string[]]
  readonly labelOf: (key: SealedKey) => SealLabel
  /** The plain bytes. @throws MasterKeyError, SealError */
  readonly open: (masterKeys: readonly string[], row: SealedRow) => Promise<Uint8Array<ArrayBuffer>>
}

export interface SealedRow {
  readonly key: SealedKey
  readonly sealed: Uint8Array<ArrayBuffer>
}

const credentialOwner = ([appId, platform]: SealedKey) => ({ appId: appId!, platform: platform as Platform })
const appSecretLabel = ([appId, use]: SealedKey) => ({ appId: appId!, use: use! })
const webhookLabel = ([appId, id]: SealedKey) => webhookLabelOf({ appId: appId!, id: id! })

/** Both secrets of a webhook are sealed alike: the present one becomes the previous one as it is. */
const WEBHOOKS = {
  table: 'webhook',
  keyColumns: ['app_id', 'id'],
  labelOf: webhookLabel,
  open: (masterKeys, { key, sealed }) => unseal(masterKeys, webhookLabel(key), sealed),
} as const satisfies Partial<SealedStore>

/** Walked through in this order; new ones go to the end. */
export const SEALED_STORES: readonly SealedStore[] = [
  {
    table: 'credential',
    column: 'sealed',
    endColumn: null,
    keyColumns: ['app_id', 'platform'],
    labelOf: (key) => credentialLabel(credentialOwner(key)),
    open: (masterKeys, { key, sealed }) => unsealCredential(masterKeys, credentialOwner(key), sealed),
  },
  {
    table: 'app_secret',
    column: 'sealed',
    endColumn: 'expires_at',
    keyColumns: ['app_id', 'use', 'id'],
    labelOf: appSecretLabel,
    open: (masterKeys, { key, sealed }) => unseal(masterKeys, appSecretLabel(key), sealed),
  },
  {
    table: 'attestation',
    column: 'sealed',
    endColumn: null,
    keyColumns: ['app_id'],
    labelOf: ([appId]) => attestationLabelOf(appId!),
    open: (masterKeys, { key, sealed }) => unseal(masterKeys, attestationLabelOf(key[0]!), sealed),
  },
  { ...WEBHOOKS, column: 'sealed', endColumn: null },
  { ...WEBHOOKS, column: 'previous_sealed', endColumn: 'previous_expires_at' },
]

/**
 * A page of a store in the order of its key, without what nobody needs any more.
 *
 * @param after the last key of the page before, or []
 * @param page `now` in epoch ms
 */
export async function readSealed(
  db: D1Database,
  { table, column, endColumn, keyColumns }: SealedStore,
  after: SealedKey,
  { limit, now }: { readonly limit: number; readonly now: number },
): Promise<SealedRow[]> {
  const columns = namesOf(keyColumns)
  const from = valuesOf(keyColumns.map((_, i) => after[i] ?? ''))
  const ends = endColumn === null ? sql`null` : sql.identifier(endColumn)
  const rows = await drizzle(db).all<Record<string, string> & { sealed: ArrayBuffer }>(sql`
    select ${columns}, ${sql.identifier(column)} as sealed from ${sql.identifier(table)}
    where (${columns}) > (${from}) and ${sql.identifier(column)} is not null and coalesce(${ends}, ${now} + 1) > ${now}
    order by ${columns} limit ${limit}`)
  return rows.map((row) => ({ key: keyColumns.map((column) => row[column]!), sealed: new Uint8Array(row.sealed) }))
}

/** Puts new bytes in the place of a row's, unless others were stored there meanwhile. */
export async function replaceSealed(
  db: D1Database,
  { table, column, keyColumns }: SealedStore,
  { key, sealed: before }: SealedRow,
  sealed: Uint8Array<ArrayBuffer>,
): Promise<void> {
  await drizzle(db).run(sql`
    update ${sql.identifier(table)} set ${sql.identifier(column)} = ${sealed}
    where (${namesOf(keyColumns)}) = (${valuesOf(key)}) and ${sql.identifier(column)} = ${before}`)
}

function namesOf(columns: readonly string[]): SQL {
  return sql.join(
    columns.map((column) => sql.identifier(column)),
    sql`, `,
  )
}

function valuesOf(values: readonly string[]): SQL {
  return sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  )
}
