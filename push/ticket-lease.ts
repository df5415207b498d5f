/**
 * Decisions about a ticket: who is handed out under a lease, what a settlement changes, when to look again.
 * Pure: rows in, rows out; the clock and the dice are arguments.
 */
import type { Recipient } from './device.ts'
import type { Outcome } from './outcome.ts'
import {
  type Exception,
  type FanoutTerms,
  isFinished,
  isLeased,
  type SettleTerms,
  type Ticket,
  type TicketChange,
  type TicketMember,
} from './ticket.ts'
import { Draft, isWaiting } from './ticket-draft.ts'
import { stallWaitMs } from './ticket-wake.ts'

export interface LeaseTerms extends FanoutTerms {
  readonly now: number
  readonly leaseId: string
  readonly leaseMs: number
}

/**
 * Decides what a caller that asks for the ticket gets. `recipients` is empty when there is nothing to do now.
 * Members that left are settled as suppressed, an expired or canceled send as a whole; under `at_most_once`
 * whoever an interrupted lease may have sent is settled as `failed/unconfirmed`.
 *
 * @param exceptions the ticket's rows
 * @param members the ticket's range as of the fan-out, in ordinal order
 */
export function grantLease(
  ticket: Ticket,
  exceptions: readonly Exception[],
  members: readonly TicketMember[],
  terms: LeaseTerms,
): TicketChange & { readonly recipients: Recipient[] } {
  const { now } = terms
  if (isFinished(ticket) || isLeased(ticket, now)) return { ticket, writes: [], recipients: [] }
  const draft = new Draft(ticket, exceptions)
  if (ticket.leaseId !== null && terms.guarantee === 'at_most_once') draft.giveUpInterrupted(members)
  const whole = terms.canceled ? 'canceled' : now >= terms.expiresAt ? 'expired' : null
  if (whole !== null) return { ...draft.finish(whole), recipients: [] }

  const recipients: Recipient[] = []
  for (const [ordinal, member] of members.entries()) {
    if (draft.done.has(ordinal)) continue
    const row = draft.rows.get(ordinal)
    const attempts = row?.attempts ?? 0
    const { deviceId, userId, address } = member
    if (member.left) draft.settle(ordinal, member, 'suppressed', 'left_audience', attempts)
    else if (!isWaiting(row, now)) recipients.push({ ordinal, deviceId, userId, address, attempt: attempts + 1 })
  }
  if (recipients.length === 0) return { ...draft.change(null, now), recipients }
  const until = now + terms.leaseMs
  const change = draft.change({ leaseId: terms.leaseId, leasedAt: now, until }, now)
  // The end of the send is not slept through.
  const wakeAt = Math.max(until, Math.min(until + stallWaitMs(ticket.stalls, terms.leaseMs), terms.expiresAt))
  return { ...change, ticket: { ...change.ticket, wakeAt }, recipients }
}

/** What one part of a settlement says, see durable-objects/rpc.ts. */
export interface SettlementPart {
  readonly leaseId: string
  readonly accepted: readonly number[]
  readonly others: readonly {
    readonly ordinal: number
    readonly deviceId: string
    /** What was tried, if it is dead: the member may have another address by now. Absent: the member's. */
    readonly address?: string
    readonly outcome: Outcome
  }[]
  readonly last: boolean
  /**
   * With `last`: epoch ms before which nobody of the ticket is handed out again, when its push service is paused or
   * paced; null: as the retries say. Costs no row a recipient and no attempt.
   */
  readonly resumeAt: number | null
  /** With `resumeAt`: it is not this ticket alone that waits, but all of the notification on this platform. */
  readonly holdsLane?: boolean
}

/**
 * Enters outcomes. Every ordinal settles at most once whatever is reported how often. A part of a lease that has
 * run out still counts where the push service accepted (that is a fact), and is ignored otherwise.
 */
export function enterSettlement(
  ticket: Ticket,
  exceptions: readonly Exception[],
  part: SettlementPart,
  terms: SettleTerms,
): TicketChange & { readonly retired: Exception[] } {
  if (isFinished(ticket)) return { ticket, writes: [], retired: [] }
  const draft = new Draft(ticket, exceptions)
  for (const ordinal of part.accepted) draft.accept(ordinal)
  const current = ticket.leaseId === part.leaseId
  if (current) {
    for (const { ordinal, deviceId, address, outcome } of part.others) {
      draft.enter(ordinal, { deviceId, address }, outcome, terms)
    }
  }
  const retired = draft.writes().filter((row) => row.retireAsOfAt !== null)
  const lease = !current
    ? ticket.leaseId === null
      ? null
      : { leaseId: ticket.leaseId, leasedAt: ticket.leasedAt ?? terms.now, until: ticket.leasedUntil ?? terms.now }
    : part.last
      ? null
      : { leaseId: part.leaseId, leasedAt: ticket.leasedAt ?? terms.now, until: terms.now + terms.leaseMs }
  // Nor is it here: what cannot be sent before then expires in time, and an ordered send behind it begins.
  const resumeAt = part.resumeAt === null || !current ? null : Math.min(part.resumeAt, terms.expiresAt)
  const change = lease === null && terms.canceled ? draft.finish('canceled') : draft.change(lease, terms.now, resumeAt)
  return current ? { ...change, ticket: { ...change.ticket, stalls: 0 }, retired } : { ...change, retired }
}
