/**
 * Which D1 database holds which rows. One binding today; an app outgrows a database at 10 GB, and then a range
 * of slots is cut off here and its rows are moved. Nobody else picks a database.
 */
import { slotOf } from '../push/slot.ts'

/** The D1 bindings. */
export interface Databases {
  readonly DB: D1Database
}

/** Each range starts where it says and ends where the next one starts. Ascending; the first starts at 0. */
const RANGES: readonly { readonly fromSlot: number; readonly binding: keyof Databases }[] = [
  { fromSlot: 0, binding: 'DB' },
]

/** Holds what must be found before an app is known: the apps themselves and the API keys. */
export function directoryDatabase(bindings: Databases): D1Database {
  return bindings.DB
}

/** Every database that holds devices and topics, each once. For jobs that walk through all of them. */
export function allDatabases(bindings: Databases): D1Database[] {
  return [...new Set(RANGES.map(({ binding }) => bindings[binding]))]
}

/** Holds an app's credentials, devices and topics. */
export function databaseOf(bindings: Databases, appId: string): D1Database {
  const slot = slotOf({ userId: null, deviceId: appId })
  return bindings[RANGES.findLast((range) => range.fromSlot <= slot)!.binding]
}
