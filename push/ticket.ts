/**
 * Decisions about a ticket: who is handed out under a lease, what a settlement changes, when to look again.
 * Pure: rows in, rows out; the clock and the dice are arguments. Storage is schema/ledger/, the shell is
 * durable-objects/ledger.ts.
 */
import type { Address, Recipient } from './device.ts'
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
  /** The dead address; only while the device is to be retired. */
  readonly address: string | null
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

export interface SettleTerms extends FanoutTerms {
  readonly now: number
  readonly leaseMs: number
  /** retry.ts `nextStep`, bound to the send and the dice. `attempt` counts this one. */
  readonly nextStep: (outcome: Outcome, attempt: number, previousReason: string | null) => Step
  /** Who has an ordinal: the user for the listing, the address to retire. */
  readonly memberOf: (ordinal: number) => Pick<TicketMember, 'userId' | 'address'> | null
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

const NOT_DEAD = { retireAsOfAt: null, address: null } as const

/** Whether a recipient's next attempt is still ahead at an instant: then no lease of that instant held it. */
function isWaiting(row: Exception | undefined, at: number): boolean {
  return row !== undefined && row.retryAt !== null && row.retryAt > at
}

interface HeldLease {
  readonly leaseId: string
  readonly leasedAt: number
  readonly until: number
}

/** A ticket being changed; its caller gets the result from `change` or `finish`. */
class Draft {
  readonly done: OrdinalSet
  readonly rows: Map<number, Exception>
  private readonly before: Ticket
  private readonly counts: Record<SettledStatus, number>
  private readonly changed = new Map<number, Exception>()
  private retires: boolean

  constructor(ticket: Ticket, exceptions: readonly Exception[]) {
    this.before = ticket
    this.done = new OrdinalSet(ticket.done.bits.slice())
    this.counts = { ...ticket.counts }
    this.rows = new Map(exceptions.map((row) => [row.ordinal, row]))
    this.retires = ticket.retires
  }

  writes(): Exception[] {
    return [...this.changed.values()]
  }

  /** The usual case writes nothing; a recipient that had to wait keeps its history. */
  accept(ordinal: number): void {
    if (ordinal < 0 || ordinal >= this.before.size || !this.done.add(ordinal)) return
    this.counts.accepted++
    const row = this.rows.get(ordinal)
    if (row) this.write({ ...row, status: 'accepted', reason: null, attempts: row.attempts + 1, retryAt: null })
  }

  settle(
    ordinal: number,
    device: { deviceId: string; userId: string | null },
    status: SettledStatus,
    reason: string | null,
    attempts: number,
    dead: { readonly asOfAt: number; readonly address: string } | null = null,
  ): void {
    if (!this.done.add(ordinal)) return
    this.counts[status]++
    if (dead !== null) this.retires = true
    const { deviceId, userId } = device
    this.write({
      ordinal,
      deviceId,
      userId,
      status,
      reason,
      attempts,
      retryAt: null,
      ...(dead ? { retireAsOfAt: dead.asOfAt, address: dead.address } : NOT_DEAD),
    })
  }

  enter(ordinal: number, deviceId: string, outcome: Outcome, terms: SettleTerms): void {
    if (ordinal < 0 || ordinal >= this.before.size || this.done.has(ordinal)) return
    const row = this.rows.get(ordinal)
    // Entered under this very lease already: a part whose answer was lost comes again.
    if (isWaiting(row, this.before.leasedAt ?? 0)) return
    const attempts = (row?.attempts ?? 0) + 1
    const member = terms.memberOf(ordinal)
    const userId = member?.userId ?? null
    const step = terms.nextStep(outcome, attempts, row?.reason ?? null)
    if (step.kind === 'settle') {
      const dead =
        step.retireAsOfAt === undefined ? null : { asOfAt: step.retireAsOfAt, address: member?.address.value ?? '' }
      this.settle(ordinal, { deviceId, userId }, step.status, step.reason, attempts, dead)
      return
    }
    const { reason } = step
    // Later than the lease by at least a tick, which is how a repetition is told.
    const retryAt = Math.max(step.retryAt, terms.now + 1)
    this.write({ ordinal, deviceId, userId, status: 'pending', reason, attempts, retryAt, ...NOT_DEAD })
  }

  /** Whoever the interrupted lease held and did not report may have been sent: never again. */
  giveUpInterrupted(members: readonly TicketMember[]): void {
    const leasedAt = this.before.leasedAt ?? 0
    for (const [ordinal, member] of members.entries()) {
      const row = this.rows.get(ordinal)
      if (this.done.has(ordinal) || isWaiting(row, leasedAt)) continue
      this.settle(ordinal, member, 'failed', 'unconfirmed', (row?.attempts ?? 0) + 1)
    }
  }

  change(lease: HeldLease | null, now: number): TicketChange {
    const finished = this.done.count === this.before.size
    const held = finished ? null : lease
    const ticket: Ticket = {
      ...this.before,
      done: this.done,
      counts: this.counts,
      retires: this.retires,
      leaseId: held?.leaseId ?? null,
      leasedAt: held?.leasedAt ?? this.before.leasedAt,
      leasedUntil: held?.until ?? null,
      wakeAt: finished ? null : (held?.until ?? this.nextWakeAt(now)),
    }
    return { ticket, writes: this.writes() }
  }

  finish(status: SettledStatus): TicketChange {
    const { ticket, writes } = this.change(null, 0)
    return { ticket: settleRest(ticket, status, null), writes }
  }

  /** The earliest retry; at once when somebody was handed back unsent. */
  private nextWakeAt(now: number): number {
    let wakeAt = Number.POSITIVE_INFINITY
    let waiting = 0
    for (const row of this.rows.values()) {
      if (row.retryAt === null || this.done.has(row.ordinal)) continue
      waiting++
      wakeAt = Math.min(wakeAt, row.retryAt)
    }
    return waiting < this.before.size - this.done.count ? now : wakeAt
  }

  private write(row: Exception): void {
    this.rows.set(row.ordinal, row)
    this.changed.set(row.ordinal, row)
  }
}
