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
  const lease = recipients.length > 0 ? { leaseId: terms.leaseId, leasedAt: now, until: now + terms.leaseMs } : null
  return { ...draft.change(lease, now), recipients }
}

/** What one part of a settlement says, see durable-objects/rpc.ts. */
export interface SettlementPart {
  readonly leaseId: string
  readonly accepted: readonly number[]
  readonly others: readonly { readonly ordinal: number; readonly deviceId: string; readonly outcome: Outcome }[]
  readonly last: boolean
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
    for (const { ordinal, deviceId, outcome } of part.others) draft.enter(ordinal, deviceId, outcome, terms)
  }
  const retired = draft.writes().filter((row) => row.retireAsOfAt !== null)
  const lease = !current
    ? ticket.leaseId === null
      ? null
      : { leaseId: ticket.leaseId, leasedAt: ticket.leasedAt ?? terms.now, until: ticket.leasedUntil ?? terms.now }
    : part.last
      ? null
      : { leaseId: part.leaseId, leasedAt: ticket.leasedAt ?? terms.now, until: terms.now + terms.leaseMs }
  const change = lease === null && terms.canceled ? draft.finish('canceled') : draft.change(lease, terms.now)
  return { ...change, retired }
}
