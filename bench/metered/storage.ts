/**
 * Counts the rows that objects read and write. The storage classes are the runtime's own and cannot be wrapped (the
 * runtime checks what an object is given), so their methods are replaced, once an isolate.
 *
 * https://developers.cloudflare.com/durable-objects/platform/pricing/: a key-value call or an alarm set counts as a row.
 */
import { count } from './tally.ts'

let installed = false

export function countStorage({ storage }: DurableObjectState): void {
  if (installed) return
  installed = true
  countSql(storage.sql)
  const written = () => count('objectRowsWritten', 1, 'key-value put')
  const read = () => count('objectRowsRead', 1, 'key-value get')
  before(storage.kv, 'put', written)
  before(storage.kv, 'delete', written)
  before(storage.kv, 'get', read)
  before(storage, 'put', written)
  before(storage, 'delete', written)
  before(storage, 'get', read)
  before(storage, 'setAlarm', () => count('objectRowsWritten', 1, 'alarm set'))
  before(storage, 'deleteAlarm', () => count('objectRowsWritten', 1, 'alarm deleted'))
}

function countSql(sql: SqlStorage): void {
  const prototype = Object.getPrototypeOf(sql) as SqlStorage
  const { exec } = prototype
  prototype.exec = function <T extends Record<string, SqlStorageValue>>(
    this: SqlStorage,
    query: string,
    ...bindings: unknown[]
  ) {
    const cursor = exec.call(this, query, ...bindings) as SqlStorageCursor<T>
    // Rows count as they are read, and they are read before anything else gets its turn.
    queueMicrotask(() => {
      count('objectRowsRead', cursor.rowsRead, beginningOf(query))
      count('objectRowsWritten', cursor.rowsWritten, beginningOf(query))
    })
    return cursor
  }
}

/** Calls a function before each call of a method, on all objects of the class. */
function before<T extends object>(object: T, method: keyof T & string, notice: () => void): void {
  const prototype = Object.getPrototypeOf(object) as Record<string, (...args: unknown[]) => unknown>
  const original = prototype[method]!
  prototype[method] = function (this: unknown, ...args: unknown[]) {
    notice()
    return original.apply(this, args)
  }
}

const NAME_CHARACTERS = 60

function beginningOf(query: string): string {
  return query.trim().replace(/\s+/g, ' ').slice(0, NAME_CHARACTERS)
}
