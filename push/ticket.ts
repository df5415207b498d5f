/**
 * What a ticket is: its state, its recipients and its exceptions, as plain values. Decisions are ticket-lease.ts,
 * storage is schema/ledger/, the shell is durable-objects/ledger.ts.
 */
import type { Address } from './device.ts'
import { OrdinalSet } from './ledger.ts'
import type { Guarantee } from './notification.ts'
import type { DeliveryStatus, Outcome, SettledStatus, Step } from './outcome.ts'

/**
 * Recipients of a ticket. At 100 ms a push and six in flight a ticket takes 8 s: short enough to settle within
 * a lease, long enough that queue, lease and settle cost a fraction of a cent per million pushes.
 */
export const TICKET_RECIPIENTS = 500

export interface Ticket {
  readonly size: number
  readonly done: OrdinalSet
  readonly counts: Readonly<Record<SettledStatus, number>>
  readonly restStatus: SettledStatus | null
  readonly restReason: string | null
  readonly leaseId: string | null
  readonly leasedAt: number | null
  readonly leasedUntil: number | null
  /** When the alarm looks at it again; null: finished. */
  readonly wakeAt: number | null
  readonly retires: boolean
  /** Ordinals of the range that are not of this send: settled from the start, and not targeted. */
  readonly outside: number
  /** How often in a row the alarm brought it back without anything being settled. */
  readonly stalls: number
  /** The notification that sends again everybody who failed with the rest; null: nobody asked for that. */
  readonly restReplayedBy: string | null
}

/** An attempt that was followed by another one. */
export interface PastAttempt {
  /** Epoch ms at which its outcome was entered. */
  readonly at: number
  readonly reason: string
}

/** A recipient that needed more than one attempt or was not accepted. */
export interface Exception {
  readonly ordinal: number
  readonly deviceId: string
  readonly userId: string | null
  readonly status: DeliveryStatus
  readonly reason: string | null
  readonly attempts: number
  /** Only while pending. */
  readonly retryAt: number | null
  readonly retireAsOfAt: number | null
  /** The dead address; only if the device is to be retired. */
  readonly address: string | null
  /** The attempts before the last one, in order. */
  readonly history: readonly PastAttempt[]
  /** The notification that sends it again; null: nobody asked for that. */
  readonly replayedBy: string | null
}

/** A member of the ticket's range as of the fan-out; its ordinal is its position. */
export interface TicketMember {
  readonly deviceId: string
  readonly userId: string | null
  readonly address: Address
  /** It left (unsubscribed, moved to another user, retired) after the fan-out was opened. */
  readonly left: boolean
}

/** What the fan-out of the ticket says. */
export interface FanoutTerms {
  readonly guarantee: Guarantee
  readonly expiresAt: number
  readonly canceled: boolean
}

/** What a decision changes: the ticket as it is now, and the exceptions to write over the old ones. */
export interface TicketChange {
  readonly ticket: Ticket
  readonly writes: Exception[]
}

export function isFinished(ticket: Pick<Ticket, 'restStatus' | 'done' | 'size'>): boolean {
  return ticket.restStatus !== null || ticket.done.count === ticket.size
}

/** A ticket as it is cut: nothing settled, and looked at again at `wakeAt` in case its message is lost. */
export function newTicket(size: number, wakeAt: number): Ticket {
  return {
    size,
    done: OrdinalSet.ofSize(size),
    counts: { accepted: 0, unregistered: 0, failed: 0, suppressed: 0, expired: 0, canceled: 0 },
    restStatus: null,
    restReason: null,
    leaseId: null,
    leasedAt: null,
    leasedUntil: null,
    wakeAt,
    retires: false,
    outside: 0,
    stalls: 0,
    restReplayedBy: null,
  }
}

/** Settles everything that is not settled yet in one stroke: no row per recipient. */
export function settleRest(ticket: Ticket, status: SettledStatus, reason: string | null): Ticket {
  if (isFinished(ticket)) return ticket
  const rest = ticket.size - ticket.done.count
  return {
    ...ticket,
    counts: { ...ticket.counts, [status]: ticket.counts[status] + rest },
    restStatus: status,
    restReason: reason,
    leaseId: null,
    leasedUntil: null,
    wakeAt: null,
  }
}

/** Whether somebody holds an unexpired lease. */
export function isLeased(ticket: Ticket, now: number): boolean {
  return ticket.leaseId !== null && ticket.leasedUntil !== null && ticket.leasedUntil > now
}

export interface SettleTerms extends FanoutTerms {
  readonly now: number
  readonly leaseMs: number
  /** retry.ts `nextStep`, bound to the send and the dice. `attempt` counts this one. */
  readonly nextStep: (outcome: Outcome, attempt: number, previousReason: string | null) => Step
  /** Who has an ordinal: the user for the listing, the address to retire. */
  readonly memberOf: (ordinal: number) => Pick<TicketMember, 'userId' | 'address'> | null
}
