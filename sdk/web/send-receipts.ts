/**
 * Sends the receipts of this browser's device: one sender at a time in the whole origin, page or service worker, so
 * that the two do not report the same receipts at once.
 */
import { postReceipts } from './api.ts'
import { readInstallation } from './installation.ts'
import { flushReceipts } from './report.ts'
import type { Store } from './store.ts'

/** Resolves when the queue is empty or the API cannot be reached; what is left goes with the next attempt. */
export async function sendReceipts(store: Store): Promise<void> {
  await navigator.locks.request('fanfare-receipts', async () => {
    const installation = await readInstallation(store)
    if (installation !== undefined) await flushReceipts(store, (batch) => postReceipts(installation, batch))
  })
}
