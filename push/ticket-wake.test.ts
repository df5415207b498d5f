import { describe, expect, it } from 'vitest'
import { newTicket, type SettleTerms } from './ticket.ts'
import { enterSettlement, grantLease } from './ticket-lease.ts'
import { stallWaitMs, wakeTicket } from './ticket-wake.ts'

const NOW = 1_000_000
const LEASE_MS = 120_000
const DAY_MS = 86_400_000
const TERMS = { now: NOW, leaseMs: LEASE_MS, expiresAt: NOW + 28 * DAY_MS, guarantee: 'at_least_once' } as const

const MEMBERS = [{ deviceId: 'dev_0', userId: null, address: { kind: 'fcm_token', value: 'a' }, left: false }] as const

describe('a ticket that is due', () => {
  it('is looked at again after a lease, as often as bad luck explains', () => {
    const first = wakeTicket(newTicket(1, NOW), TERMS)
    expect(first).toMatchObject({ stalls: 1, wakeAt: NOW + LEASE_MS })
  })

  it('is left alone longer and longer when nothing comes of it, up to six hours', () => {
    const waits = [0, 4, 5, 6, 7, 8, 30].map((stalls) => stallWaitMs(stalls, LEASE_MS) / LEASE_MS)
    expect(waits).toEqual([0, 0, 1, 2, 4, 8, 180])
  })

  it('is not slept over the end of its send', () => {
    const expiresAt = NOW + 3 * LEASE_MS
    const ticket = { ...newTicket(1, NOW), stalls: 9 }
    expect(wakeTicket(ticket, { ...TERMS, expiresAt }).wakeAt).toBe(expiresAt)
  })

  it('ends when its send has expired and nobody managed to say so', () => {
    const ticket = { ...newTicket(3, NOW), stalls: 9 }
    const ended = wakeTicket(ticket, { ...TERMS, expiresAt: NOW })
    expect(ended).toMatchObject({ wakeAt: null, restStatus: 'expired', counts: { expired: 3 } })
  })

  it('ends as unconfirmed under at_most_once when a consumer may have sent it', () => {
    const ticket = { ...newTicket(3, NOW), stalls: 9, leaseId: 'lease-1', leasedUntil: NOW - 1 }
    const ended = wakeTicket(ticket, { ...TERMS, expiresAt: NOW, guarantee: 'at_most_once' })
    expect(ended).toMatchObject({ wakeAt: null, restStatus: 'failed', restReason: 'unconfirmed' })
  })

  it('gets its normal chance to expire before that', () => {
    const ticket = newTicket(3, NOW)
    expect(wakeTicket(ticket, { ...TERMS, expiresAt: NOW })).toMatchObject({ stalls: 1, restStatus: null })
  })
})

describe('the count of stalls', () => {
  const send = { guarantee: 'at_least_once', expiresAt: TERMS.expiresAt, canceled: false } as const
  const leased = grantLease({ ...newTicket(1, NOW), stalls: 7 }, [], MEMBERS, {
    ...send,
    now: NOW,
    leaseId: 'lease-1',
    leaseMs: LEASE_MS,
  })

  it('keeps the alarm away for longer than the lease', () => {
    expect(leased.ticket).toMatchObject({ stalls: 7, wakeAt: NOW + LEASE_MS + 4 * LEASE_MS })
    expect(leased.ticket.leasedUntil).toBe(NOW + LEASE_MS)
  })

  it.each([
    ['begins anew with every part that is settled', 'lease-1', 0],
    ['goes on when a lease that ran out is settled late', 'lease-0', 7],
  ])('%s', (_, leaseId, stalls) => {
    const terms: SettleTerms = {
      ...send,
      now: NOW,
      leaseMs: LEASE_MS,
      nextStep: () => ({ kind: 'settle', status: 'failed', reason: 'refused' }),
      memberOf: () => null,
    }
    const part = { leaseId, accepted: [], others: [], last: false, resumeAt: null }
    expect(enterSettlement(leased.ticket, [], part, terms).ticket.stalls).toBe(stalls)
  })
})
