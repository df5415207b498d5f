/**
 * Where the SDK keeps what must outlive a page: one IndexedDB database per origin, because pages and the service
 * worker can both read it (localStorage is closed to service workers). Values in, values out; no decisions here.
 */

/** Named values that survive the page. */
export interface Store {
  read<T>(key: string): Promise<T | undefined>
  /**
   * Replaces a value by what `change` makes of it, in one transaction, so that a page and the service worker never
   * overwrite each other. `undefined` removes the value. Answers what is stored afterwards.
   */
  change<T>(key: string, change: (value: T | undefined) => T | undefined): Promise<T | undefined>
}

const DATABASE = 'fanfare'
const VALUES = 'values'
/** Raised when the layout changes. */
const VERSION = 1

/** Opens the origin's database. Rejects where IndexedDB is refused (Firefox with cookies blocked). */
export function openStore(): Store {
  let opened: Promise<IDBDatabase> | undefined
  const database = () => {
    opened ??= openDatabase()
    return opened
  }
  return {
    async read<T>(key: string) {
      const values = (await database()).transaction(VALUES).objectStore(VALUES)
      return (await settled(values.get(key))) as T | undefined
    },
    async change<T>(key: string, change: (value: T | undefined) => T | undefined) {
      const transaction = (await database()).transaction(VALUES, 'readwrite')
      const values = transaction.objectStore(VALUES)
      const next = change((await settled(values.get(key))) as T | undefined)
      if (next === undefined) values.delete(key)
      else values.put(next, key)
      await completed(transaction)
      return next
    },
  }
}

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, VERSION)
  request.onupgradeneeded = () => request.result.createObjectStore(VALUES)
  return settled(request)
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error)
  })
}
