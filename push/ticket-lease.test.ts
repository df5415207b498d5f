import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Outcome, Step } from './outcome.ts'
import { SETTLED_STATUSES } from './outcome.ts'
import {
  type Exception,
  isFinished,
  newTicket,
  type SettleTerms,
  settleRest,
  type Ticket,
  type TicketMember,
} from './ticket.ts'
import { enterSettlement, grantLease, type LeaseTerms, type SettlementPart } from './ticket-lease.ts'

const NOW = 1_000_000
const LEASE_MS = 120_000

function members(count: number, left: number[] = []): TicketMember[] {
  return Array.from({ length: count }, (_, ordinal) => ({
    deviceId: `dev_${ordinal}`,
    userId: null,
    address: { kind: 'fcm_token', value: `address-${ordinal}` },
    left: left.includes(ordinal),
  }))
}

function leaseTerms(terms: Partial<LeaseTerms> = {}): LeaseTerms {
  const send = { guarantee: 'at_least_once', expiresAt: NOW + 10 * LEASE_MS, canceled: false } as const
  return { ...send, now: NOW, leaseId: 'lease-1', leaseMs: LEASE_MS, ...terms }
}

/** Steps by the outcome's kind alone, so that these tests do not depend on the schedule. */
function stepFor(outcome: Outcome): Step {
  switch (outcome.kind) {
    case 'unregistered':
      return { kind: 'settle', status: 'unregistered', reason: outcome.reason, retireAsOfAt: NOW }
    case 'later':
      return { kind: 'retry', retryAt: NOW + 5_000, reason: outcome.reason }
    default:
      return { kind: 'settle', status: 'failed', reason: outcome.kind }
  }
}

function settleTerms(terms: Partial<SettleTerms> = {}): SettleTerms {
  const { leaseId: _, ...send } = leaseTerms()
  return { ...send, nextStep: stepFor, memberOf: () => null, ...terms }
}

function part(accepted: number[], others: SettlementPart['others'] = [], last = true): SettlementPart {
  return { leaseId: 'lease-1', accepted, others, last, resumeAt: null }
}

const DEAD: Outcome = { kind: 'unregistered', reason: 'UNREGISTERED' }
const BUSY: Outcome = { kind: 'later', reason: 'UNAVAILABLE', scope: 'credential', schedule: 'standard' }

function other(ordinal: number, outcome: Outcome) {
  return { ordinal, deviceId: `dev_${ordinal}`, outcome }
}

function leased(size: number, terms: Partial<LeaseTerms> = {}): Ticket {
  return grantLease(newTicket(size, NOW), [], members(size), leaseTerms(terms)).ticket
}

function settledOf(ticket: Ticket): number {
  return SETTLED_STATUSES.reduce((all, status) => all + ticket.counts[status], 0)
}

describe('leasing a ticket', () => {
  it('hands out everybody, and nobody to a second caller', () => {
    const first = grantLease(newTicket(3, NOW), [], members(3), leaseTerms())
    expect(first.recipients.map(({ ordinal, attempt }) => [ordinal, attempt])).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ])
    expect(first.ticket.wakeAt).toBe(NOW + LEASE_MS)
    const second = grantLease(first.ticket, [], members(3), leaseTerms({ leaseId: 'lease-2' }))
    expect(second.recipients).toEqual([])
    expect(second.ticket).toBe(first.ticket)
  })

  it('settles who left as suppressed and does not send to them', () => {
    const { ticket, writes, recipients } = grantLease(newTicket(3, NOW), [], members(3, [1]), leaseTerms())
    expect(recipients.map(({ ordinal }) => ordinal)).toEqual([0, 2])
    expect(ticket.counts.suppressed).toBe(1)
    expect(writes).toMatchObject([{ ordinal: 1, status: 'suppressed', reason: 'left_audience' }])
  })

  it.each([
    ['expired', { expiresAt: NOW }],
    ['canceled', { canceled: true }],
  ] as const)('settles the rest of a send that is %s without a row each', (status, terms) => {
    const { ticket, writes, recipients } = grantLease(newTicket(3, NOW), [], members(3), leaseTerms(terms))
    expect(recipients).toEqual([])
    expect(writes).toEqual([])
    expect(ticket).toMatchObject({ restStatus: status, wakeAt: null, counts: { [status]: 3 } })
  })

  it('leases again what a lease that ran out left unsettled', () => {
    const later = leaseTerms({ now: NOW + LEASE_MS, leaseId: 'lease-2' })
    const { recipients, ticket } = grantLease(leased(2), [], members(2), later)
    expect(recipients).toHaveLength(2)
    expect(ticket.leaseId).toBe('lease-2')
  })

  it('never sends again under at_most_once: what was in the air is failed as unconfirmed', () => {
    const once = { guarantee: 'at_most_once' } as const
    const half = enterSettlement(leased(3, once), [], part([0], [other(1, BUSY)], false), settleTerms(once))
    const later = leaseTerms({ ...once, now: NOW + 2 * LEASE_MS, leaseId: 'lease-2' })
    const { recipients, writes, ticket } = grantLease(half.ticket, half.writes, members(3), later)
    expect(recipients.map(({ ordinal, attempt }) => [ordinal, attempt])).toEqual([[1, 2]])
    expect(writes).toMatchObject([{ ordinal: 2, status: 'failed', reason: 'unconfirmed' }])
    expect(ticket.counts).toMatchObject({ accepted: 1, failed: 1 })
  })

  it('leaves a recipient alone until its retry is due', () => {
    const { ticket, writes } = enterSettlement(leased(1), [], part([], [other(0, BUSY)]), settleTerms())
    expect(ticket.wakeAt).toBe(NOW + 5_000)
    const early = grantLease(ticket, writes, members(1), leaseTerms({ now: NOW + 4_999, leaseId: 'lease-2' }))
    expect(early.recipients).toEqual([])
    const due = grantLease(ticket, writes, members(1), leaseTerms({ now: NOW + 5_000, leaseId: 'lease-2' }))
    expect(due.recipients).toMatchObject([{ ordinal: 0, attempt: 2 }])
  })
})

describe('settling a ticket', () => {
  it('writes nothing per recipient when all are accepted', () => {
    const { ticket, writes } = enterSettlement(leased(3), [], part([0, 1, 2]), settleTerms())
    expect(writes).toEqual([])
    expect(ticket).toMatchObject({ counts: { accepted: 3 }, wakeAt: null, leaseId: null })
    expect(isFinished(ticket)).toBe(true)
  })

  it('names the devices to retire', () => {
    const memberOf = (ordinal: number) => members(2)[ordinal] ?? null
    const { ticket, retired } = enterSettlement(leased(2), [], part([0], [other(1, DEAD)]), settleTerms({ memberOf }))
    expect(retired).toMatchObject([{ deviceId: 'dev_1', retireAsOfAt: NOW, address: 'address-1' }])
    expect(ticket.retires).toBe(true)
  })

  it('renews the lease with every part but the last', () => {
    const { ticket } = enterSettlement(leased(2), [], part([0], [], false), settleTerms({ now: NOW + 60_000 }))
    expect(ticket.leasedUntil).toBe(NOW + 60_000 + LEASE_MS)
  })

  it('writes no row for a recipient that is accepted after a retry: the one that waited and its bit say it', () => {
    const first = enterSettlement(leased(1), [], part([], [other(0, BUSY)]), settleTerms())
    const due = leaseTerms({ now: NOW + 5_000 })
    const again = grantLease(first.ticket, first.writes, members(1), due)
    const second = enterSettlement(again.ticket, first.writes, part([0]), settleTerms({ now: NOW + 5_001 }))
    expect(second.writes).toEqual([])
    expect(second.ticket).toMatchObject({ counts: { accepted: 1 }, wakeAt: null })
  })

  it('counts an acceptance that comes after the lease ran out, and nothing else of it', () => {
    const taken = grantLease(leased(2), [], members(2), leaseTerms({ now: NOW + LEASE_MS, leaseId: 'lease-2' }))
    const stale = enterSettlement(taken.ticket, [], part([0], [other(1, DEAD)]), settleTerms())
    expect(stale.ticket).toMatchObject({ leaseId: 'lease-2', counts: { accepted: 1, unregistered: 0 } })
    expect(stale.retired).toEqual([])
  })

  it('enters an outcome once, however often a part of a lease is repeated', () => {
    const terms = settleTerms({ now: NOW + 1 })
    const first = enterSettlement(leased(2), [], part([], [other(0, BUSY)], false), terms)
    const again = enterSettlement(first.ticket, first.writes, part([], [other(0, BUSY)], false), terms)
    expect(first.writes).toMatchObject([{ attempts: 1 }])
    expect(again.writes).toEqual([])
  })

  it('hands back at once who was leased and not sent', () => {
    const { ticket } = enterSettlement(leased(2), [], part([0]), settleTerms())
    expect(ticket.wakeAt).toBe(NOW)
  })

  it('cancels what is left when a canceled send comes back', () => {
    const { ticket } = enterSettlement(leased(3), [], part([0], [other(1, BUSY)]), settleTerms({ canceled: true }))
    expect(ticket).toMatchObject({ counts: { accepted: 1, canceled: 2 }, restStatus: 'canceled', wakeAt: null })
  })

  it('changes nothing when it is finished', () => {
    const finished = settleRest(newTicket(2, NOW), 'failed', 'no_credentials')
    expect(enterSettlement(finished, [], part([0]), settleTerms()).ticket).toBe(finished)
  })
})

describe('the ledger of a ticket', () => {
  const size = 8
  const ordinal = fc.integer({ min: -1, max: size })
  const outcome = fc.constantFrom<Outcome>(DEAD, BUSY, { kind: 'refused', reason: 'x' })
  const step = fc.oneof(
    fc.record({ kind: fc.constant('lease' as const), wait: fc.constantFrom(0, 5_000, LEASE_MS) }),
    fc.record({
      kind: fc.constant('settle' as const),
      stale: fc.boolean(),
      accepted: fc.array(ordinal, { maxLength: 4 }),
      others: fc.array(fc.tuple(ordinal, outcome), { maxLength: 4 }),
      last: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('cancel' as const) }),
  )

  it('balances and never settles anybody twice, whatever is leased, settled and repeated in whatever order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), (steps, once) => {
        const guarantee = once ? ('at_most_once' as const) : ('at_least_once' as const)
        let now = NOW
        let ticket = newTicket(size, NOW)
        let canceled = false
        let leases = 0
        const rows = new Map<number, Exception>()
        const keep = (writes: Exception[]) => {
          for (const row of writes) rows.set(row.ordinal, row)
        }
        for (const next of steps) {
          const before = settledOf(ticket)
          if (next.kind === 'cancel') canceled = true
          else if (next.kind === 'lease') {
            now += next.wait
            const terms = leaseTerms({ now, guarantee, canceled, leaseId: `lease-${++leases}` })
            const granted = grantLease(ticket, [...rows.values()], members(size), terms)
            for (const recipient of granted.recipients) expect(ticket.done.has(recipient.ordinal)).toBe(false)
            ticket = granted.ticket
            keep(granted.writes)
          } else {
            const others = next.others.map(([at, what]) => other(at, what))
            const leaseId = next.stale ? 'lease-0' : (ticket.leaseId ?? 'lease-0')
            const change = enterSettlement(
              ticket,
              [...rows.values()],
              { ...next, leaseId, others, resumeAt: null },
              settleTerms({ now, guarantee, canceled }),
            )
            ticket = change.ticket
            keep(change.writes)
          }
          const settled = settledOf(ticket)
          expect(settled).toBeGreaterThanOrEqual(before)
          expect(settled).toBe(ticket.restStatus === null ? ticket.done.count : size)
          expect(ticket.wakeAt === null).toBe(isFinished(ticket))
        }
      }),
    )
  })
})

describe('the end of the send', () => {
  const expiresAt = NOW + 2 * LEASE_MS

  it('is when a ticket comes back whose service is away for longer', () => {
    const held = { ...newTicket(2, NOW), leaseId: 'lease-1', leasedAt: NOW, leasedUntil: NOW + LEASE_MS }
    const away = { ...part([0]), resumeAt: NOW + 20 * LEASE_MS }
    expect(enterSettlement(held, [], away, settleTerms({ expiresAt })).ticket.wakeAt).toBe(expiresAt)
    const back = { ...part([0]), resumeAt: NOW + LEASE_MS }
    expect(enterSettlement(held, [], back, settleTerms({ expiresAt })).ticket.wakeAt).toBe(NOW + LEASE_MS)
  })

  it('and a wait are not for a lease that has run out to decide', () => {
    const stale = { ...part([0]), leaseId: 'lease-0', resumeAt: NOW + LEASE_MS }
    expect(enterSettlement(newTicket(2, NOW), [], stale, settleTerms({ expiresAt })).ticket.wakeAt).toBe(NOW)
  })

  it('is when a ticket comes back that breaks its consumers, but not before its lease has run out', () => {
    const broken = { ...newTicket(1, NOW), stalls: 20 }
    expect(grantLease(broken, [], members(1), leaseTerms({ expiresAt })).ticket.wakeAt).toBe(expiresAt)
    const last = leaseTerms({ expiresAt: NOW + 1 })
    expect(grantLease(broken, [], members(1), last).ticket.wakeAt).toBe(NOW + LEASE_MS)
  })
})
