/** Postpones a ticket of a ledger without leasing it: one row, and the lane's mark where all of it waits. */
import { type Postponement, postponeTicket } from '../push/ticket-postpone.ts'
import { putTicket, readTicket } from '../schema/ledger/tickets.ts'
import type { HeldLanes } from './held-lanes.ts'
import type { Ledger } from './ledger.ts'

/** What became of it. */
export type Postponed =
  /** It has to be leased all the same. */
  | { readonly kind: 'lease_it' }
  /** It waits until then; null: there is nothing to wait for. Epoch ms. */
  | { readonly kind: 'waits'; readonly wakeAt: number | null }

export function postpone(
  storage: DurableObjectStorage,
  ledger: Ledger,
  held: HeldLanes,
  place: { readonly notificationId: string; readonly number: number },
  { resumeAt, holdsLane }: Postponement,
  now: number,
): Postponed {
  const { notificationId, number } = place
  const fanout = ledger.fanout(notificationId)
  const ticket = fanout && readTicket(storage.sql, notificationId, number)
  if (!fanout || !ticket) return { kind: 'waits', wakeAt: null }
  ledger.noteLaneMoved(ticket, now)
  const { expiresAt, canceledAt } = fanout
  const waiting = postponeTicket(ticket, resumeAt, { now, expiresAt, canceled: canceledAt !== null })
  if (waiting === null) return { kind: 'lease_it' }
  if (waiting === ticket) return { kind: 'waits', wakeAt: null }
  const wakeAt = Math.min(resumeAt, expiresAt)
  storage.transactionSync(() => {
    putTicket(storage.sql, { ...ticket, ...waiting, updatedAt: now })
    // A lane of one ticket has nobody to hold back.
    if (holdsLane && fanout.ticketCount > 1) held.hold(ticket, wakeAt, now)
  })
  return { kind: 'waits', wakeAt }
}
