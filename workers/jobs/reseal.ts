/**
 * Changing the master key: what older keys sealed is opened and sealed with the present one, a bounded step a call. A step
 * may be interrupted and repeated: what is sealed with the present key is left alone, and what changes meanwhile too.
 * Then the apps whose device keys were derived from an older key get that as their secret, while it is still there; not if
 * something did not open, because then it may be a wrong one.
 */
import type { MasterKeys } from '../../push/master-key.ts'
import { isSealedWith, SEAL_IV_BYTES, SealError, seal } from '../../push/sealing.ts'
import { listAppsWithoutDeviceSecret } from '../../schema/d1/apps-without-device-secret.ts'
import {
  readSealed,
  replaceSealed,
  SEALED_STORES,
  type SealedKey,
  type SealedRow,
  type SealedStore,
} from '../../schema/d1/sealed-stores.ts'
import { allDatabases } from '../../schema/databases.ts'
import { deviceSecretOf } from '../device-keys.ts'

/** Each may need a query of its own; the free plan lets an invocation make 50. */
const ROWS_A_STEP = 40
/** Each needs four or five. */
const APPS_A_STEP = 8

/** Where a step begins: after a key in a store in a database. Behind the last store: after an app. */
export interface ResealPosition {
  readonly database: number
  readonly store: number
  readonly after: SealedKey
  /** Everything opened so far. */
  readonly isClean: boolean
}

export const RESEAL_START: ResealPosition = { database: 0, store: 0, after: [], isClean: true }

export interface ResealStep {
  /** Looked at, of them sealed anew. */
  readonly seen: number
  readonly resealed: number
  /** Neither the present key nor an older one that is set opens them. */
  readonly unreadable: readonly { readonly table: string; readonly key: SealedKey }[]
  /** null: that was everything. */
  readonly next: ResealPosition | null
}

/** @param masterKeys the present one and those before it @param now epoch ms @throws MasterKeyError */
export async function resealStep(
  env: Env,
  masterKeys: MasterKeys,
  position: ResealPosition,
  now: number,
): Promise<ResealStep> {
  const databases = allDatabases(env)
  const database = databases[position.database]
  if (database === undefined) return { seen: 0, resealed: 0, unreadable: [], next: null }
  const store = SEALED_STORES[position.store]
  if (store === undefined) return await makeDeviceSecrets(env, database, position, now)
  const rows = await readSealed(database, store, position.after, { limit: ROWS_A_STEP, now })
  const unreadable: { table: string; key: SealedKey }[] = []
  let resealed = 0
  for (const row of rows) {
    const fate = await resealRow(database, masterKeys, store, row)
    if (fate === 'unreadable') unreadable.push({ table: store.table, key: row.key })
    if (fate === 'resealed') resealed++
  }
  const last = rows.length < ROWS_A_STEP ? null : rows.at(-1)!.key
  const reached = { ...position, isClean: position.isClean && unreadable.length === 0 }
  return { seen: rows.length, resealed, unreadable, next: nextPosition(reached, last, databases.length) }
}

async function makeDeviceSecrets(
  env: Env,
  database: D1Database,
  position: ResealPosition,
  now: number,
): Promise<ResealStep> {
  const appIds = position.isClean
    ? await listAppsWithoutDeviceSecret(database, position.after[0] ?? '', APPS_A_STEP)
    : []
  for (const appId of appIds) await deviceSecretOf(env, appId, now)
  const last = appIds.length < APPS_A_STEP ? null : [appIds.at(-1)!]
  const next = nextPosition(position, last, allDatabases(env).length)
  return { seen: appIds.length, resealed: appIds.length, unreadable: [], next }
}

async function resealRow(
  database: D1Database,
  masterKeys: MasterKeys,
  store: SealedStore,
  row: SealedRow,
): Promise<'current' | 'resealed' | 'unreadable'> {
  if (await isSealedWith(masterKeys[0], row.sealed)) return 'current'
  try {
    const iv = crypto.getRandomValues(new Uint8Array(SEAL_IV_BYTES))
    const sealed = await seal(masterKeys[0], store.labelOf(row.key), await store.open(masterKeys, row), iv)
    await replaceSealed(database, store, row, sealed)
    return 'resealed'
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    return 'unreadable'
  }
}

/** @param last the key where the store goes on; null: the store is done */
function nextPosition(
  { database, store, isClean }: ResealPosition,
  last: SealedKey | null,
  databases: number,
): ResealPosition | null {
  if (last !== null) return { database, store, after: last, isClean }
  if (store < SEALED_STORES.length) return { database, store: store + 1, after: [], isClean }
  return database + 1 < databases ? { database: database + 1, store: 0, after: [], isClean } : null
}
