import { describe, expect, it } from 'vitest'
import { newTicket, settleRest, type Ticket } from './ticket.ts'
import { postponeTicket } from './ticket-postpone.ts'

const NOW = 1_000_000
const terms = { now: NOW, expiresAt: NOW + 60_000, canceled: false }
const ticket = (change: Partial<Ticket> = {}): Ticket => ({ ...newTicket(500, NOW), ...change })

describe('postponing a ticket', () => {
  it('lets it wait, and marks that it is in no queue any more', () => {
    expect(postponeTicket(ticket(), NOW + 5_000, terms)).toEqual(ticket({ wakeAt: NOW + 5_000, leasedAt: NOW }))
  })

  it('never lets it wait longer than the send lives', () => {
    expect(postponeTicket(ticket(), NOW + 90_000, terms)?.wakeAt).toBe(terms.expiresAt)
  })

  it('keeps a lease that ran out as it is: what it held may be in doubt', () => {
    const interrupted = ticket({ leaseId: 'lease-1', leasedAt: NOW - 200, leasedUntil: NOW - 100 })
    const postponed = postponeTicket(interrupted, NOW + 5_000, terms)
    expect(postponed).toEqual({ ...interrupted, wakeAt: NOW + 5_000 })
  })

  it.each<[string, Ticket]>([
    ['finished', settleRest(ticket(), 'canceled', null)],
    ['held by somebody', ticket({ leaseId: 'lease-1', leasedAt: NOW, leasedUntil: NOW + 1 })],
  ])('changes nothing of one that is %s', (_what, given) => {
    expect(postponeTicket(given, NOW + 5_000, terms)).toBe(given)
  })

  it.each<[string, Ticket, Partial<typeof terms>]>([
    ['has expired', ticket(), { expiresAt: NOW }],
    ['was canceled', ticket(), { canceled: true }],
    ['has devices to retire', ticket({ retires: true }), {}],
  ])('is not for one that %s', (_what, given, change) => {
    expect(postponeTicket(given, NOW + 5_000, { ...terms, ...change })).toBeNull()
  })
})
