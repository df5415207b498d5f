/**
 * A store for tests, in memory: the contract of store.ts without a browser. Values are cloned on the way in and out,
 * as IndexedDB does.
 */
import type { Store } from './store.ts'

export function memoryStore(): Store {
  const values = new Map<string, unknown>()
  return {
    async read<T>(key: string) {
      return structuredClone(values.get(key)) as T | undefined
    },
    async change<T>(key: string, change: (value: T | undefined) => T | undefined) {
      const next = change(structuredClone(values.get(key)) as T | undefined)
      if (next === undefined) values.delete(key)
      else values.set(key, structuredClone(next))
      return next
    },
  }
}
