/**
 * Sends the receipts of this browser's device: one sender at a time in the whole origin, page or service worker, so
 * that the two do not report the same receipts at once.
 */
import { FanfareError, postReceipts } from './api.ts'
import { asDevice, type FindSubscription } from './as-device.ts'
import { readInstallation } from './installation.ts'
import { flushReceipts } from './report.ts'
import type { Store } from './store.ts'

/** Resolves when the queue is empty or the API cannot be reached; what is left goes with the next attempt. */
export async function sendReceipts(store: Store, find: FindSubscription): Promise<void> {
  await navigator.locks.request('fanfare-receipts', () =>
    flushReceipts(store, async (batch) => {
      const own = await readInstallation(store)
      if (own === undefined) throw new FanfareError('not_registered', 'This browser is not registered.', LATER)
      await asDevice(store, own, find, (device) => postReceipts(device, batch))
    }),
  )
}

/** The receipts are kept for when it is. */
const LATER = { retry: 'backoff' } as const
