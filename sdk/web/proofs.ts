/**
 * The signatures of the pushes that arrived lately: where the app signs its messages, a receipt counts only with the one of
 * its push. They live in the store, because a press may come long after the service worker has slept.
 */
import { SEEN_LIMIT } from './seen.ts'
import type { Store } from './store.ts'

const PROOFS = 'proofs'

type Proof = readonly [notificationId: string, signature: string]

/** Keeps what proves that the push came here; of as many pushes as are remembered at all. */
export async function keepProof(store: Store, notificationId: string, signature: string): Promise<void> {
  await store.change<Proof[]>(PROOFS, (proofs = []) =>
    [...proofs.filter(([id]) => id !== notificationId), [notificationId, signature] as const].slice(-SEEN_LIMIT),
  )
}

/** Undefined: the push carried none, or was long ago. */
export async function proofOf(store: Store, notificationId: string): Promise<string | undefined> {
  const proofs = (await store.read<Proof[]>(PROOFS)) ?? []
  return proofs.find(([id]) => id === notificationId)?.[1]
}
