/**
 * Which tickets an alarm has to bring back: a lease that ran out, a retry that is due, a message that a queue
 * lost. Reads a ledger and moves `wake_at` on; enqueues nothing itself.
 */
import { readUnreportedFanouts } from '../schema/ledger/fanouts.ts'
import { type PlacedTicket, readOpenTickets } from '../schema/ledger/tickets.ts'
import type { HeldLanes } from './held-lanes.ts'
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
 * time: otherwise it waits its turn in a long queue, and sending its message again would only lengthen it. Of a lane
 * that is held one ticket goes ahead.
 */
export function wakeTickets(
  storage: DurableObjectStorage,
  ledger: Ledger,
  held: HeldLanes,
  now: number,
  leaseMs: number,
): Wake {
  const due: PlacedTicket[] = []
  const unreported: string[] = []
  let nextAt = Number.POSITIVE_INFINITY
  for (const { notificationId, state, expiresAt, canceledAt } of readUnreportedFanouts(storage)) {
    const isOver = canceledAt !== null || expiresAt <= now
    if (state === 'done') unreported.push(notificationId)
    for (const ticket of readOpenTickets(storage.sql, notificationId)) {
      const queued = ticket.leasedAt === null && ledger.laneMovedSince(ticket, now - leaseMs)
      const dueAt = queued ? now + leaseMs : (ticket.wakeAt ?? now)
      // What is over or only waits to be confirmed needs no push service.
      const mayWait = dueAt <= now && ticket.wakeAt !== null && !isOver
      const waitUntil = mayWait ? held.waitOf(ticket, now, leaseMs) : null
      const wakeAt = waitUntil === null ? dueAt : Math.min(waitUntil, expiresAt)
      if (wakeAt > now) {
        nextAt = Math.min(nextAt, wakeAt)
        continue
      }
      due.push(ticket)
    }
  }
  const sent = ledger.atomically(() => due.filter((ticket) => ticket.wakeAt === null || ledger.wake(ticket, now)))
  for (const { notificationId } of due) if (ledger.finish(notificationId)) unreported.push(notificationId)
  if (unreported.length > 0 || sent.length > 0) nextAt = Math.min(nextAt, now + leaseMs)
  return { due: sent, unreported, nextAt: Number.isFinite(nextAt) ? nextAt : null }
}
