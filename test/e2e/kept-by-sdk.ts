/** What the SDK keeps in a browser, seen and changed from its page: IndexedDB, as sdk/web/store.ts lays it out. */
import type { Page } from 'puppeteer-core'

/** Undefined: nothing is kept under that name. */
export function readKept<T>(page: Page, name: string): Promise<T | undefined> {
  return page.evaluate(
    (key) =>
      new Promise<unknown>((resolve, reject) => {
        const opened = indexedDB.open('fanfare')
        opened.onerror = () => reject(opened.error)
        opened.onsuccess = () => {
          const read = opened.result.transaction('values').objectStore('values').get(key)
          read.onerror = () => reject(read.error)
          read.onsuccess = () => {
            opened.result.close()
            resolve(read.result)
          }
        }
      }),
    name,
  ) as Promise<T | undefined>
}

/** Makes the database too, where the SDK has not been yet. */
export async function writeKept(page: Page, name: string, value: object): Promise<void> {
  await page.evaluate(
    (key, kept) =>
      new Promise<void>((resolve, reject) => {
        const opened = indexedDB.open('fanfare')
        opened.onupgradeneeded = () => opened.result.createObjectStore('values')
        opened.onerror = () => reject(opened.error)
        opened.onsuccess = () => {
          const transaction = opened.result.transaction('values', 'readwrite')
          transaction.objectStore('values').put(kept, key)
          transaction.onabort = () => reject(transaction.error)
          transaction.oncomplete = () => {
            opened.result.close()
            resolve()
          }
        }
      }),
    name,
    value,
  )
}
