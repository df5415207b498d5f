/**
 * Receipts on their way to Fanfare: a queue in the store, emptied by whoever comes first, the service worker or a
 * page. An entry leaves the queue when the API has taken it or will never take it. Decides what to send and what to
 * keep; how it is sent is the caller's `post`.
 */
import { FanfareError } from './api.ts'
import { proofOf } from './proofs.ts'
import type { Store } from './store.ts'

export type ReceiptEvent = 'delivered' | 'opened' | 'clicked' | 'dismissed'

/** One receipt as the API takes it. */
export interface Receipt {
  readonly notification_id: string
  readonly event: ReceiptEvent
  /** RFC 3339, UTC: when it happened, however late it is reported. */
  readonly at: string
  /** `fanfare_sig` of the push, where it carried one. */
  readonly proof?: string
}

const RECEIPTS = 'receipts'
/** Receipts in one request. */
export const BATCH_LIMIT = 100
/** A browser that cannot reach the API for weeks keeps its newest receipts and lets go of the oldest. */
export const QUEUE_LIMIT = 500

/** Puts a receipt into the queue, with what proves it. It is safe there when this resolves. */
export async function enqueueReceipt(store: Store, event: Omit<Receipt, 'proof'>): Promise<void> {
  const proof = await proofOf(store, event.notification_id)
  const receipt: Receipt = proof === undefined ? event : { ...event, proof }
  await store.change<Receipt[]>(RECEIPTS, (queue = []) =>
    queue.some((queued) => isSame(queued, receipt)) ? queue : [...queue, receipt].slice(-QUEUE_LIMIT),
  )
}

/**
 * Sends what is queued, oldest first. A temporary failure ends the attempt and keeps the rest for the next one; a
 * refusal drops the batch, because asking again would be refused again.
 *
 * @param post one request; rejects with a {@link FanfareError}
 */
export async function flushReceipts(store: Store, post: (batch: Receipt[]) => Promise<void>): Promise<void> {
  for (;;) {
    const batch = ((await store.read<Receipt[]>(RECEIPTS)) ?? []).slice(0, BATCH_LIMIT)
    if (batch.length === 0) return
    try {
      await post(batch)
    } catch (error) {
      if (!(error instanceof FanfareError)) throw error
      if (error.retry !== 'never') return
    }
    await store.change<Receipt[]>(RECEIPTS, (queue) => without(queue, batch))
  }
}

function without(queue: Receipt[] | undefined, sent: Receipt[]): Receipt[] | undefined {
  const rest = (queue ?? []).filter((receipt) => !sent.some((other) => isSame(receipt, other)))
  return rest.length === 0 ? undefined : rest
}

/** An event of a notification happens once on a device, so the time is no part of its identity. */
function isSame(a: Receipt, b: Receipt): boolean {
  return a.notification_id === b.notification_id && a.event === b.event
}
