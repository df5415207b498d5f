/**
 * Decisions about a ticket that an alarm finds due: when to look again, and when to stop. Pure; the clock is an
 * argument.
 *
 * A ticket comes back when a message was lost, a retry is due or a consumer died, and whatever is settled then begins
 * the count anew. One that comes back again and again with nothing settled breaks whoever takes it. It is brought back
 * ever more rarely, because each of its consumers may have sent before it broke, and ends when the send expires.
 */
import type { Guarantee } from './notification.ts'
import { settleRest, type Ticket } from './ticket.ts'

/**
 * From here on it waits, and is reported to the operator. Fewer stalls in a row are bad luck: lost messages, a deploy,
 * a machine that went away and came back several times.
 */
export const STALLS_REPORTED = 5

/** The longest that a ticket which always breaks is left alone: four attempts a day, until the send expires. */
const LONGEST_STALL_WAIT_MS = 6 * 60 * 60 * 1000

export interface WakeTerms {
  readonly now: number
  readonly leaseMs: number
  readonly expiresAt: number
  readonly guarantee: Guarantee
}

/** What a ticket waits in addition to a lease's time: nothing at first, then a lease, two, four, and so on. */
export function stallWaitMs(stalls: number, leaseMs: number): number {
  if (stalls < STALLS_REPORTED) return 0
  return Math.min(leaseMs * 2 ** (stalls - STALLS_REPORTED), LONGEST_STALL_WAIT_MS)
}

/** The ticket as it is when its message is sent again; with `wakeAt: null` it is over, and there is nothing to send. */
export function wakeTicket(ticket: Ticket, { now, leaseMs, expiresAt, guarantee }: WakeTerms): Ticket {
  const stalls = ticket.stalls + 1
  if (stalls >= STALLS_REPORTED && now >= expiresAt) {
    const inDoubt = ticket.leaseId !== null && guarantee === 'at_most_once'
    return inDoubt ? settleRest(ticket, 'failed', 'unconfirmed') : settleRest(ticket, 'expired', null)
  }
  const wakeAt = now + leaseMs + stallWaitMs(stalls, leaseMs)
  // The end of the send is not slept through.
  // From now on it is in a queue, as one that was never leased.
  const leasedAt = ticket.leaseId === null ? null : ticket.leasedAt
  return { ...ticket, leasedAt, stalls, wakeAt: expiresAt > now + leaseMs ? Math.min(wakeAt, expiresAt) : wakeAt }
}
