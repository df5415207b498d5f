/** The promises of a ticket whatever the clock does between its decisions. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Guarantee } from './notification.ts'
import { type Outcome, SETTLED_STATUSES } from './outcome.ts'
import { nextStep } from './retry.ts'
import { type Exception, newTicket, type SettleTerms, type Ticket, type TicketMember } from './ticket.ts'
import { enterSettlement, grantLease } from './ticket-lease.ts'
import { wakeTicket } from './ticket-wake.ts'

const NOW = 1_800_000_000_000
const LEASE_MS = 120_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const SIZE = 6

const MEMBERS: TicketMember[] = Array.from({ length: SIZE }, (_, ordinal) => ({
  deviceId: `dev_${ordinal}`,
  userId: null,
  address: { kind: 'fcm_token', value: `address-${ordinal}` },
  left: false,
}))

const BUSY: Outcome = { kind: 'later', reason: 'busy', scope: 'device', schedule: 'standard' }
const REFUSED: Outcome = { kind: 'refused', reason: 'refused' }

const jump = fc.constantFrom(0, 1, 10_000, LEASE_MS, HOUR_MS, DAY_MS, -1, -LEASE_MS, -HOUR_MS)
const ordinals = fc.array(fc.nat(SIZE - 1), { maxLength: 3 })
const step = fc.oneof(
  fc.record({ kind: fc.constant('lease' as const), jump }),
  fc.record({ kind: fc.constant('wake' as const), jump }),
  fc.record({
    kind: fc.constant('settle' as const),
    jump,
    accepted: ordinals,
    busy: ordinals,
    refused: ordinals,
    last: fc.boolean(),
  }),
)

/** One ticket, and what has left for its recipients and was not answered to the ledger. */
class Play {
  now = NOW
  ticket: Ticket = newTicket(SIZE, NOW)
  readonly rows = new Map<number, Exception>()
  readonly inTheAir = new Set<number>()
  private readonly guarantee: Guarantee
  private leases = 0

  constructor(guarantee: Guarantee) {
    this.guarantee = guarantee
  }

  lease(): void {
    const terms = { ...this.terms(), leaseId: `lease-${++this.leases}` }
    const granted = grantLease(this.ticket, [...this.rows.values()], MEMBERS, terms)
    for (const { ordinal } of granted.recipients) {
      if (this.guarantee === 'at_most_once') expect(this.inTheAir).not.toContain(ordinal)
      this.inTheAir.add(ordinal)
    }
    this.keep(granted)
  }

  wake(): void {
    const { now, leaseMs, expiresAt, guarantee } = this.terms()
    if (this.ticket.wakeAt === null || this.ticket.wakeAt > now) return
    this.ticket = wakeTicket(this.ticket, { now, leaseMs, expiresAt, guarantee })
  }

  /** Whoever is not reported with the last part has not been sent. */
  settle({ accepted, busy, refused, last }: { accepted: number[]; busy: number[]; refused: number[]; last: boolean }) {
    if (this.ticket.leaseId === null) return
    const held = (ordinal: number) => this.inTheAir.has(ordinal)
    const other = (outcome: Outcome) => (ordinal: number) => ({ ordinal, deviceId: `dev_${ordinal}`, outcome })
    const others = [...busy.filter(held).map(other(BUSY)), ...refused.filter(held).map(other(REFUSED))]
    const part = { leaseId: this.ticket.leaseId, accepted: accepted.filter(held), others, last, resumeAt: null }
    this.keep(enterSettlement(this.ticket, [...this.rows.values()], part, this.terms()))
    for (const ordinal of [...part.accepted, ...others.map((one) => one.ordinal)]) this.inTheAir.delete(ordinal)
    if (last) this.inTheAir.clear()
  }

  expectTruth(): void {
    const { ticket } = this
    const settled = SETTLED_STATUSES.reduce((all, status) => all + ticket.counts[status], 0)
    expect(settled).toBe(ticket.restStatus === null ? ticket.done.count : SIZE)
    // Nobody is forgotten: as long as somebody is pending an alarm is set.
    expect(ticket.wakeAt === null).toBe(settled === SIZE)
  }

  private terms(): SettleTerms {
    const { now, guarantee } = this
    const expiresAt = NOW + 7 * DAY_MS
    return {
      guarantee,
      expiresAt,
      canceled: false,
      now,
      leaseMs: LEASE_MS,
      nextStep: (outcome, attempt, previousReason) =>
        nextStep(outcome, { attempt, previousReason, guarantee, expiresAt, now, random: 0, baseSeconds: 10 }),
      memberOf: () => null,
    }
  }

  private keep({ ticket, writes }: { ticket: Ticket; writes: Exception[] }): void {
    this.ticket = ticket
    for (const row of writes) this.rows.set(row.ordinal, row)
  }
}

describe('a ticket under a clock that jumps', () => {
  it.each(['at_least_once', 'at_most_once'] as const)(
    'balances, forgets nobody and keeps its guarantee, %s',
    (guarantee) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
          const play = new Play(guarantee)
          for (const next of steps) {
            play.now += next.jump
            if (next.kind === 'lease') play.lease()
            else if (next.kind === 'wake') play.wake()
            else play.settle(next)
            play.expectTruth()
          }
        }),
      )
    },
  )
})
