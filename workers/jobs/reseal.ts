/**
 * Changing the master key: what older keys sealed is opened and sealed with the present one, a bounded step a call. A step
 * may be interrupted and repeated: what is sealed with the present key is left alone, and what changes meanwhile too.
 */
import type { MasterKeys } from '../../push/master-key.ts'
import { isSealedWith, SEAL_IV_BYTES, SealError, seal } from '../../push/sealing.ts'
import {
  readSealed,
  replaceSealed,
  SEALED_STORES,
  type SealedKey,
  type SealedRow,
  type SealedStore,
} from '../../schema/d1/sealed-stores.ts'
import { allDatabases } from '../../schema/databases.ts'

/** Each may need a query of its own; the free plan lets an invocation make 50. */
const ROWS_A_STEP = 40

/** Where a step begins: after a key in a store in a database. */
export interface ResealPosition {
  readonly database: number
  readonly store: number
  readonly after: SealedKey
}

export const RESEAL_START: ResealPosition = { database: 0, store: 0, after: [] }

export interface ResealStep {
  /** Looked at, of them sealed anew. */
  readonly seen: number
  readonly resealed: number
  /** Neither the present key nor an older one that is set opens them. */
  readonly unreadable: readonly { readonly table: string; readonly key: SealedKey }[]
  /** null: that was everything. */
  readonly next: ResealPosition | null
}

/** @param masterKeys the present one and those before it @throws MasterKeyError */
export async function resealStep(env: Env, masterKeys: MasterKeys, position: ResealPosition): Promise<ResealStep> {
  const databases = allDatabases(env)
  const database = databases[position.database]
  const store = SEALED_STORES[position.store]
  if (database === undefined || store === undefined) return { seen: 0, resealed: 0, unreadable: [], next: null }
  const rows = await readSealed(database, store, position.after, ROWS_A_STEP)
  const unreadable: { table: string; key: SealedKey }[] = []
  let resealed = 0
  for (const row of rows) {
    const fate = await resealRow(database, masterKeys, store, row)
    if (fate === 'unreadable') unreadable.push({ table: store.table, key: row.key })
    if (fate === 'resealed') resealed++
  }
  const last = rows.length < ROWS_A_STEP ? null : rows.at(-1)!.key
  return { seen: rows.length, resealed, unreadable, next: nextPosition(position, last, databases.length) }
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
  { database, store }: ResealPosition,
  last: SealedKey | null,
  databases: number,
): ResealPosition | null {
  if (last !== null) return { database, store, after: last }
  if (store + 1 < SEALED_STORES.length) return { database, store: store + 1, after: [] }
  return database + 1 < databases ? { database: database + 1, store: 0, after: [] } : null
}
