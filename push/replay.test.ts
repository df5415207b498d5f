import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SETTLED_STATUSES } from './outcome.ts'
import { deadLetterAt, replayTicket, takeDeadLetters } from './replay.ts'
import { type Exception, newTicket, type SettleTerms, settleRest, type Ticket, type TicketMember } from './ticket.ts'
import { enterSettlement, grantLease } from './ticket-lease.ts'

const NOW = 1_000_000
const SIZE = 9

function exception(ordinal: number, facts: Partial<Exception> = {}): Exception {
  return {
    ordinal,
    deviceId: `dev_${ordinal}`,
    userId: null,
    status: 'failed',
    reason: 'PayloadTooLarge',
    attempts: 1,
    retryAt: null,
    retireAsOfAt: null,
    address: null,
    history: [],
    replayedBy: null,
    ...facts,
  }
}

/** Of three recipients the first was accepted, and nobody else is settled. */
function oneAccepted(): Ticket {
  const ticket = newTicket(3, NOW)
  ticket.done.add(0)
  return ticket
}

describe('a dead letter', () => {
  const cut = settleRest(oneAccepted(), 'failed', 'no_credentials')
  it.each([
    ['whose row says failed', newTicket(3, NOW), exception(1), true],
    ['who was retired', newTicket(3, NOW), exception(1, { status: 'unregistered' }), false],
    ['who waits for a retry', newTicket(3, NOW), exception(1, { status: 'pending' }), false],
    ['who failed with the rest', cut, undefined, true],
    ['who waited when the rest failed', cut, exception(1, { status: 'pending' }), true],
    ['who expired with the rest', settleRest(oneAccepted(), 'expired', null), undefined, false],
    ['of whom nothing is known', newTicket(3, NOW), undefined, false],
  ] as const)('is one %s: %#', (_, ticket, row, dead) => {
    expect(deadLetterAt(ticket, row, 1) !== null).toBe(dead)
  })

  it('is nobody who was accepted before the rest failed, and nobody beyond the ticket', () => {
    expect(deadLetterAt(cut, undefined, 0)).toBeNull()
    expect(deadLetterAt(cut, undefined, 3)).toBeNull()
  })
})

describe('what a replay takes', () => {
  const ticket = settleRest(oneAccepted(), 'failed', 'no_credentials')

  it('is everybody who was given up, marked by the ticket or by their row', () => {
    const rows = [exception(0, { status: 'failed' })]
    const taken = takeDeadLetters(ticket, rows, null)
    expect(taken).toEqual({ ordinals: [0, 1, 2], rows: [0], rest: [1, 2], wholeRest: true })
  })

  it('is nobody that an earlier replay has taken', () => {
    const rows = [exception(1, { replayedBy: 'ntf_1' })]
    expect(takeDeadLetters(ticket, rows, null).ordinals).toEqual([2])
    expect(takeDeadLetters({ ...ticket, restReplayedBy: 'ntf_1' }, [], null).ordinals).toEqual([])
  })

  it('is only who was asked for, once each, and no stranger', () => {
    const taken = takeDeadLetters(ticket, [], [2, 2, 0, 77])
    expect(taken).toEqual({ ordinals: [2], rows: [], rest: [2], wholeRest: false })
  })
})

describe('the ticket of a replay', () => {
  it('counts nobody but those who are sent to again', () => {
    const ticket = replayTicket(5, [1, 3], NOW)
    expect([0, 1, 2, 3, 4].filter((ordinal) => !ticket.done.has(ordinal))).toEqual([1, 3])
    expect(ticket).toMatchObject({ size: 5, outside: 3 })
  })
})

/** One notification over the same ticket: the first one, or a replay of an earlier one. */
interface Sent {
  readonly of: number | null
  /** Who is of it. */
  readonly inside: readonly number[]
  ticket: Ticket
  readonly rows: Map<number, Exception>
}

const MEMBERS: TicketMember[] = Array.from({ length: SIZE }, (_, ordinal) => ({
  deviceId: `dev_${ordinal}`,
  userId: null,
  address: { kind: 'fcm_token', value: `address-${ordinal}` },
  left: false,
}))

const EVERYBODY = [...MEMBERS.keys()]

const TERMS: SettleTerms = {
  guarantee: 'at_least_once',
  expiresAt: NOW + 1_000_000,
  canceled: false,
  now: NOW,
  leaseMs: 1000,
  nextStep: () => ({ kind: 'settle', status: 'failed', reason: 'refused' }),
  memberOf: () => null,
}

/** Sends the ticket once: each recipient who is handed out is accepted, or refused if chosen. Answers who it was. */
function sendOnce(sent: Sent, refused: ReadonlySet<number>, leaseId: string): number[] {
  const granted = grantLease(sent.ticket, [...sent.rows.values()], MEMBERS, { ...TERMS, leaseId })
  const to = granted.recipients.map(({ ordinal }) => ordinal)
  const change = enterSettlement(
    granted.ticket,
    [...sent.rows.values()],
    {
      leaseId,
      accepted: to.filter((ordinal) => !refused.has(ordinal)),
      others: to
        .filter((ordinal) => refused.has(ordinal))
        .map((ordinal) => ({
          ordinal,
          deviceId: `dev_${ordinal}`,
          outcome: { kind: 'refused', reason: 'refused' } as const,
        })),
      last: true,
      resumeAt: null,
    },
    TERMS,
  )
  for (const row of change.writes) sent.rows.set(row.ordinal, row)
  sent.ticket = change.ticket
  return to
}

/** What open-replay.ts does with rows. */
function replay(original: Sent, index: number, by: number, asked: readonly number[] | null): Sent {
  const taken = takeDeadLetters(original.ticket, [...original.rows.values()], asked)
  const replayedBy = `${by}`
  for (const ordinal of taken.rows) original.rows.set(ordinal, { ...original.rows.get(ordinal)!, replayedBy })
  if (taken.wholeRest && taken.rest.length > 0) original.ticket = { ...original.ticket, restReplayedBy: replayedBy }
  else for (const ordinal of taken.rest) original.rows.set(ordinal, exception(ordinal, { replayedBy }))
  const ticket = replayTicket(SIZE, taken.ordinals, NOW)
  return { of: index, inside: EVERYBODY.filter((ordinal) => !ticket.done.has(ordinal)), ticket, rows: new Map() }
}

function expectBalance({ ticket }: Sent): void {
  const settled = SETTLED_STATUSES.reduce((all, status) => all + ticket.counts[status], 0)
  const pending = ticket.restStatus === null ? SIZE - ticket.done.count : 0
  expect(settled + pending).toBe(SIZE - ticket.outside)
}

describe('whatever fails and is replayed in whatever order', () => {
  const ordinals = fc.uniqueArray(fc.integer({ min: 0, max: SIZE }), { maxLength: SIZE })
  const step = fc.oneof(
    fc.record({ kind: fc.constant('send' as const), of: fc.nat(20), refused: ordinals }),
    fc.record({ kind: fc.constant('fail' as const), of: fc.nat(20) }),
    fc.record({ kind: fc.constant('replay' as const), of: fc.nat(20), asked: fc.option(ordinals) }),
  )

  it('balances, takes each dead letter once, and sends each replay to each device at most once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const all: Sent[] = [{ of: null, inside: EVERYBODY, ticket: newTicket(SIZE, NOW), rows: new Map() }]
        const sentTo = new Map<string, number>()
        for (const [at, next] of steps.entries()) {
          const index = next.of % all.length
          const sent = all[index]!
          if (next.kind === 'fail') sent.ticket = settleRest(sent.ticket, 'failed', 'no_credentials')
          else if (next.kind === 'replay') {
            const before = deadLettersOf(sent)
            const again = replay(sent, index, all.length, next.asked)
            const due = before.filter(([ordinal, by]) => by === null && (next.asked?.includes(ordinal) ?? true))
            expect(again.inside).toEqual(due.map(([ordinal]) => ordinal))
            expect(deadLettersOf(sent).map(([ordinal]) => ordinal)).toEqual(before.map(([ordinal]) => ordinal))
            all.push(again)
          } else {
            for (const ordinal of sendOnce(sent, new Set(next.refused), `lease-${at}`)) {
              const push = `${index} ${ordinal}`
              sentTo.set(push, (sentTo.get(push) ?? 0) + 1)
            }
          }
          for (const one of all) expectBalance(one)
        }
        for (const times of sentTo.values()) expect(times).toBe(1)
        for (const [index, sent] of all.entries()) {
          for (const [ordinal, by] of deadLettersOf(sent)) {
            const takers = all.filter((one) => one.of === index && one.inside.includes(ordinal))
            expect(takers.map((one) => `${all.indexOf(one)}`)).toEqual(by === null ? [] : [by])
          }
        }
      }),
    )
  })

  function deadLettersOf({ ticket, rows }: Sent): [number, string | null][] {
    return EVERYBODY.flatMap((ordinal): [number, string | null][] => {
      const letter = deadLetterAt(ticket, rows.get(ordinal), ordinal)
      return letter ? [[ordinal, letter.replayedBy]] : []
    })
  }
})
