/**
 * Which tickets an alarm has to bring back: a lease that ran out, a retry that is due, a message that a queue
 * lost. Reads a ledger and moves `wake_at` on; enqueues nothing itself.
 */
import { readUnreportedFanouts } from '../schema/ledger/fanouts.ts'
import { type PlacedTicket, putTicket, readOpenTickets } from '../schema/ledger/tickets.ts'
import type { Ledger } from './ledger.ts'

export interface Wake {
  /** To be enqueued now. */
  readonly due: PlacedTicket[]
  /** Notifications that are done and whose report got lost. */
  readonly unreported: string[]
  /** When to look again; null: nothing waits. */
  readonly nextAt: number | null
}

/**
 * Finds what is due. A ticket that was never leased is only lost when its whole lane stood still for a lease's
 * time: otherwise it waits its turn in a long queue, and sending its message again would only lengthen it.
 */
export function wakeTickets(storage: DurableObjectStorage, ledger: Ledger, now: number, leaseMs: number): Wake {
  const due: PlacedTicket[] = []
  const unreported: string[] = []
  let nextAt = Number.POSITIVE_INFINITY
  for (const { notificationId, state } of readUnreportedFanouts(storage.sql)) {
    if (state === 'done') unreported.push(notificationId)
    for (const ticket of readOpenTickets(storage.sql, notificationId)) {
      const queued = ticket.leasedAt === null && ledger.laneMovedSince(ticket, now - leaseMs)
      const wakeAt = queued ? now + leaseMs : (ticket.wakeAt ?? now)
      if (wakeAt > now) {
        nextAt = Math.min(nextAt, wakeAt)
        continue
      }
      due.push(ticket)
      nextAt = Math.min(nextAt, now + leaseMs)
    }
  }
  storage.transactionSync(() => {
    for (const ticket of due) {
      if (ticket.wakeAt !== null) putTicket(storage.sql, { ...ticket, wakeAt: now + leaseMs })
    }
  })
  if (unreported.length > 0) nextAt = Math.min(nextAt, now + leaseMs)
  return { due, unreported, nextAt: Number.isFinite(nextAt) ? nextAt : null }
}
