/**
 * What becomes of a ticket whose credential is held, before anybody leases it: it comes back later, and nothing is
 * written but its own row. Pure.
 */
import { isFinished, isLeased, type Ticket } from './ticket.ts'

/** Until when, and for whom. */
export interface Postponement {
  /** Epoch ms. */
  readonly resumeAt: number
  /** All tickets of the notification on this platform wait for the same thing: one of them goes ahead and looks. */
  readonly holdsLane: boolean
}

/**
 * Decides whether a ticket can wait without being leased.
 *
 * @param terms the fan-out's end of life and whether it was canceled
 * @returns the ticket as it waits; the same one when there is nothing to wait for; null: lease it, because an end that
 *   has come or devices that are to be retired do not wait for a push service
 */
export function postponeTicket(
  ticket: Ticket,
  resumeAt: number,
  terms: { readonly now: number; readonly expiresAt: number; readonly canceled: boolean },
): Ticket | null {
  const { now, expiresAt, canceled } = terms
  if (ticket.retires) return null
  if (isFinished(ticket) || isLeased(ticket, now)) return ticket
  if (canceled || now >= expiresAt) return null
  // Nobody had it and it is not in the queue any more either: only what was leased tells the two apart.
  const leasedAt = ticket.leaseId === null ? now : ticket.leasedAt
  // That it was brought back for nothing is no stall.
  const stalls = Math.max(0, ticket.stalls - 1)
  return { ...ticket, leasedAt, stalls, wakeAt: Math.min(resumeAt, expiresAt) }
}
