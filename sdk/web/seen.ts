/**
 * Which notifications this browser has handled already: Fanfare's default guarantee is at least once, so the same
 * notification may, rarely, arrive twice. The list lives in the store.
 */
import type { Store } from './store.ts'

const SEEN = 'seen'
/** Enough to cover what one device gets while a retry is still possible, and small enough to rewrite at each push. */
export const SEEN_LIMIT = 200

/**
 * Takes a notification for the caller, once: false when it was taken before. Two pushes at the same moment are told
 * apart by the store's transaction.
 */
export async function claim(store: Store, notificationId: string): Promise<boolean> {
  let first = false
  await store.change<string[]>(SEEN, (seen = []) => {
    first = !seen.includes(notificationId)
    return first ? [...seen, notificationId].slice(-SEEN_LIMIT) : seen
  })
  return first
}

/** Gives a claim back, so that a repetition of a push that could not be shown is not taken for a duplicate. */
export async function release(store: Store, notificationId: string): Promise<void> {
  await store.change<string[]>(SEEN, (seen = []) => seen.filter((id) => id !== notificationId))
}
