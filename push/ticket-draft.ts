/**
 * A ticket while a decision changes it: counts and exceptions stay in step with the set of settled ordinals, so the
 * ledger balances whatever ticket-lease.ts decides. Pure; never changes the ticket it was given.
 */
import { OrdinalSet } from './ledger.ts'
import type { Outcome, SettledStatus } from './outcome.ts'
import {
  type Exception,
  type SettleTerms,
  settleRest,
  type Ticket,
  type TicketChange,
  type TicketMember,
} from './ticket.ts'

const NOT_DEAD = { retireAsOfAt: null, address: null } as const
const NO_HISTORY = { history: [], replayedBy: null } as const

/** Whether a recipient's next attempt is still ahead at an instant: then no lease of that instant held it. */
export function isWaiting(row: Exception | undefined, at: number): boolean {
  return row !== undefined && row.retryAt !== null && row.retryAt > at
}

export interface HeldLease {
  readonly leaseId: string
  readonly leasedAt: number
  readonly until: number
}

/** A ticket being changed; its caller gets the result from `change` or `finish`. */
export class Draft {
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

  /** Writes nothing per recipient: a bit, and beside it the row of one that had to wait, says that it was accepted. */
  accept(ordinal: number): void {
    if (ordinal < 0 || ordinal >= this.before.size || !this.done.add(ordinal)) return
    this.counts.accepted++
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
      ...NO_HISTORY,
      history: this.rows.get(ordinal)?.history ?? [],
    })
  }

  enter(
    ordinal: number,
    { deviceId, address }: { readonly deviceId: string; readonly address?: string | undefined },
    outcome: Outcome,
    terms: SettleTerms,
  ): void {
    if (ordinal < 0 || ordinal >= this.before.size || this.done.has(ordinal)) return
    const row = this.rows.get(ordinal)
    // Entered under this very lease already: a part whose answer was lost comes again.
    if (isWaiting(row, this.before.leasedAt ?? 0)) return
    const attempts = (row?.attempts ?? 0) + 1
    const member = terms.memberOf(ordinal)
    const userId = member?.userId ?? null
    const step = terms.nextStep(outcome, attempts, row?.reason ?? null)
    if (step.kind === 'settle') {
      const tried = address ?? member?.address.value ?? ''
      const dead = step.retireAsOfAt === undefined ? null : { asOfAt: step.retireAsOfAt, address: tried }
      this.settle(ordinal, { deviceId, userId }, step.status, step.reason, attempts, dead)
      return
    }
    const { reason } = step
    // Later than the lease by at least a tick, whatever the clock did meanwhile: that is how a repetition is told.
    const retryAt = Math.max(step.retryAt, terms.now + 1, (this.before.leasedAt ?? 0) + 1)
    const history = [...(row?.history ?? []), { at: terms.now, reason }]
    this.write({
      ordinal,
      deviceId,
      userId,
      status: 'pending',
      reason,
      attempts,
      retryAt,
      ...NOT_DEAD,
      history,
      replayedBy: null,
    })
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

  /** @param resumeAt epoch ms before which nobody is handed out again; null: as the retries say */
  change(lease: HeldLease | null, now: number, resumeAt: number | null = null): TicketChange {
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
      wakeAt: finished ? null : (held?.until ?? Math.max(this.nextWakeAt(now), resumeAt ?? 0)),
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
