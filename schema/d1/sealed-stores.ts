/**
 * Every column that holds sealed bytes, as a list, so that changing the master key walks through all of them: one that is
 * not in {@link SEALED_STORES} stays behind when the old key is thrown away. Their names end in `sealed`.
 */
import { type SQL, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { credentialLabel, unsealCredential } from '../../push/credential-encryption.ts'
import type { Platform } from '../../push/device.ts'
import { type SealLabel, unseal } from '../../push/sealing.ts'
import { sealLabelOf as attestationLabelOf } from './attestations.ts'
import { sealLabelOf as webhookLabelOf } from './webhooks.ts'

/** The values of a row's primary key; the first is its app. */
export type SealedKey = readonly string[]

export interface SealedStore {
  readonly table: string
  /** A row may have none there. */
  readonly column: string
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
    keyColumns: ['app_id', 'platform'],
    labelOf: (key) => credentialLabel(credentialOwner(key)),
    open: (masterKeys, { key, sealed }) => unsealCredential(masterKeys, credentialOwner(key), sealed),
  },
  {
    table: 'app_secret',
    column: 'sealed',
    keyColumns: ['app_id', 'use', 'id'],
    labelOf: appSecretLabel,
    open: (masterKeys, { key, sealed }) => unseal(masterKeys, appSecretLabel(key), sealed),
  },
  {
    table: 'attestation',
    column: 'sealed',
    keyColumns: ['app_id'],
    labelOf: ([appId]) => attestationLabelOf(appId!),
    open: (masterKeys, { key, sealed }) => unseal(masterKeys, attestationLabelOf(key[0]!), sealed),
  },
  { ...WEBHOOKS, column: 'sealed' },
  { ...WEBHOOKS, column: 'previous_sealed' },
]

/** A page of a store in the order of its key. @param after the last key of the page before, or [] */
export async function readSealed(
  db: D1Database,
  { table, column, keyColumns }: SealedStore,
  after: SealedKey,
  limit: number,
): Promise<SealedRow[]> {
  const columns = namesOf(keyColumns)
  const from = valuesOf(keyColumns.map((_, i) => after[i] ?? ''))
  const rows = await drizzle(db).all<Record<string, string> & { sealed: ArrayBuffer }>(sql`
    select ${columns}, ${sql.identifier(column)} as sealed from ${sql.identifier(table)}
    where (${columns}) > (${from}) and ${sql.identifier(column)} is not null
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
