import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Outcome, Step } from './outcome.ts'
import { type Attempted, nextStep } from './retry.ts'

const NOW = 1_800_000_000_000
const DAY_MS = 86_400_000

function attempted(partial: Partial<Attempted> = {}): Attempted {
  const usual = { attempt: 1, guarantee: 'at_least_once', random: 0, baseSeconds: 10 } as const
  return { ...usual, expiresAt: NOW + DAY_MS, now: NOW, ...partial }
}

function later(partial: Partial<Extract<Outcome, { kind: 'later' }>> = {}): Outcome {
  return { kind: 'later', reason: 'UNAVAILABLE', scope: 'credential', schedule: 'standard', ...partial }
}

/** Seconds that the step waits, or how it settles. */
function summary(step: Step): number | string {
  return step.kind === 'retry' ? (step.retryAt - NOW) / 1000 : `${step.status}: ${step.reason}`
}

describe('what settles at once', () => {
  const rows: [outcome: Outcome, step: Step][] = [
    [{ kind: 'accepted' }, { kind: 'settle', status: 'accepted', reason: null }],
    [
      { kind: 'refused', reason: 'PayloadTooLarge' },
      { kind: 'settle', status: 'failed', reason: 'PayloadTooLarge' },
    ],
    [
      { kind: 'misconfigured', reason: 'invalid_grant' },
      { kind: 'settle', status: 'failed', reason: 'invalid_grant' },
    ],
  ]
  test.each(rows)('%j', (outcome, step) => {
    expect(nextStep(outcome, attempted())).toEqual(step)
  })

  test('a dead address is retired as of the time that the service gave', () => {
    const outcome: Outcome = { kind: 'unregistered', reason: 'Unregistered', asOfAt: NOW - 5000 }
    expect(nextStep(outcome, attempted())).toEqual({
      kind: 'settle',
      status: 'unregistered',
      reason: 'Unregistered',
      retireAsOfAt: NOW - 5000,
    })
  })

  test('a dead address is otherwise retired as of when it was read, or now', () => {
    const outcome: Outcome = { kind: 'unregistered', reason: 'UNREGISTERED' }
    expect(nextStep(outcome, attempted({ addressReadAt: NOW - 9 }))).toMatchObject({ retireAsOfAt: NOW - 9 })
    expect(nextStep(outcome, attempted())).toMatchObject({ retireAsOfAt: NOW })
  })
})

describe('the schedule without jitter', () => {
  const unanswered: Outcome = { kind: 'unanswered', reason: 'timeout', sent: 'maybe' }
  const rows: [name: string, outcome: Outcome, waits: (number | string)[]][] = [
    ['standard', later(), [10, 20, 40, 80, 160, 320, 600, 900, 1200, 'failed: UNAVAILABLE']],
    ['unanswered', unanswered, [10, 20, 40, 80, 160, 320, 600, 900, 1200, 'failed: timeout']],
    ['quota', later({ schedule: 'quota' }), [60, 120, 240, 480, 900, 1200, 'failed: UNAVAILABLE']],
    ['APNs 5xx', later({ schedule: 'apns_server_error' }), [60, 300, 900, 900, 1800, 'failed: UNAVAILABLE']],
    ['a suspect connection', { kind: 'suspect', reason: 'IdleTimeout' }, [1, 10, 60, 'failed: IdleTimeout']],
    [
      'a wait that the service named',
      later({ retryAfterSeconds: 7 }),
      [7, 7, 7, 7, 7, 7, 7, 7, 7, 'failed: UNAVAILABLE'],
    ],
  ]
  test.each(rows)('%s', (_, outcome, waits) => {
    expect(waits.map((_wait, i) => summary(nextStep(outcome, attempted({ attempt: i + 1 }))))).toEqual(waits)
  })

  test('a renewal is tried at once, whatever came before, and not twice in a row', () => {
    const outcome: Outcome = { kind: 'renew', reason: 'ExpiredProviderToken' }
    expect(summary(nextStep(outcome, attempted()))).toBe(0)
    expect(summary(nextStep(outcome, attempted({ attempt: 4, previousReason: 'UNAVAILABLE' })))).toBe(0)
    const again = attempted({ attempt: 2, previousReason: 'ExpiredProviderToken' })
    expect(summary(nextStep(outcome, again))).toBe('failed: ExpiredProviderToken')
  })

  test('a wait of nothing is no wait that was named', () => {
    expect(summary(nextStep(later({ retryAfterSeconds: 0 }), attempted()))).toBe(10)
  })

  test('jitter stretches a wait by up to a half', () => {
    expect(summary(nextStep(later(), attempted({ random: 0.5 })))).toBe(12.5)
    expect(summary(nextStep(later(), attempted({ random: 0.999999 })))).toBeCloseTo(15, 2)
  })

  test('the base scales every wait but those that a service names', () => {
    const tenth = attempted({ baseSeconds: 1 })
    expect(summary(nextStep(later(), tenth))).toBe(1)
    expect(summary(nextStep(later({ schedule: 'quota' }), tenth))).toBe(6)
    expect(summary(nextStep(later({ schedule: 'apns_server_error' }), tenth))).toBe(6)
    expect(summary(nextStep({ kind: 'suspect', reason: 'IdleTimeout' }, tenth))).toBe(0.1)
    expect(summary(nextStep(later({ retryAfterSeconds: 7 }), tenth))).toBe(7)
  })
})

describe('what push services ask of whoever tries again', () => {
  /** All waits of a schedule with the least jitter, in seconds. */
  function waitsOf(outcome: Outcome, random = 0): number[] {
    const waits: number[] = []
    for (let attempt = 1; ; attempt++) {
      const step = nextStep(outcome, attempted({ attempt, random }))
      if (step.kind === 'settle') return waits
      waits.push((step.retryAt - NOW) / 1000)
    }
  }
  const sum = (waits: number[]) => waits.reduce((all, wait) => all + wait, 0)
  const quota = later({ schedule: 'quota' })
  const apns = later({ schedule: 'apns_server_error' })

  test('FCM: ten seconds at least, then longer, and an end within the hour after which it is an outage', () => {
    const waits = waitsOf(later())
    expect(waits[0]).toBeGreaterThanOrEqual(10)
    expect(waits).toEqual(waits.toSorted((a, b) => a - b))
    expect(sum(waits)).toBeLessThanOrEqual(3600)
  })

  test('whoever says "too many": a minute at least, and long enough for a new provider token of APNs', () => {
    const waits = waitsOf(quota)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(60)
    expect(sum(waits)).toBeGreaterThanOrEqual(20 * 60)
  })

  test('APNs after 5xx: a quarter of an hour, from the third attempt on', () => {
    expect(Math.min(...waitsOf(apns).slice(2))).toBeGreaterThanOrEqual(15 * 60)
  })

  test.each([
    ['standard', later()],
    ['quota', quota],
    ['APNs 5xx', apns],
    ['a suspect connection', { kind: 'suspect', reason: 'IdleTimeout' }],
  ] as [string, Outcome][])('%s: a crowd that failed together does not come back together', (_, outcome) => {
    const [least, most] = [waitsOf(outcome), waitsOf(outcome, 0.999)]
    for (const [index, wait] of least.entries()) expect(most[index]! / wait).toBeCloseTo(1.4995, 2)
  })

  test.each(['standard', 'quota', 'apns_server_error'] as const)(
    'a wait that the service names takes the place of one of %s, exactly, and uses up the same attempts',
    (schedule) => {
      const named = later({ schedule, retryAfterSeconds: 77 })
      expect(waitsOf(named, 0.9)).toEqual(waitsOf(later({ schedule })).map(() => 77))
    },
  )
})

describe('time that runs out', () => {
  test('what could only be sent when it is too late has expired', () => {
    expect(summary(nextStep(later(), attempted({ expiresAt: NOW + 10_000 })))).toBe('expired: UNAVAILABLE')
    expect(summary(nextStep(later(), attempted({ expiresAt: NOW + 10_001 })))).toBe(10)
    expect(summary(nextStep(later({ retryAfterSeconds: 60 }), attempted({ expiresAt: NOW + 59_000 })))).toBe(
      'expired: UNAVAILABLE',
    )
  })

  test.each([
    ['the next wait of the schedule', later({ schedule: 'quota' }), 60],
    ['a named wait', later({ retryAfterSeconds: 3600 }), 3600],
    ['a wait of a suspect connection', { kind: 'suspect', reason: 'IdleTimeout' }, 1],
    ['a wait with its jitter', { kind: 'unanswered', reason: 'timeout', sent: 'no' }, 10],
  ] as [string, Outcome, number][])(
    '%s that ends with the send, or after it, is not waited for',
    (_, outcome, waitSeconds) => {
      const end = NOW + waitSeconds * 1000
      expect(nextStep(outcome, attempted({ expiresAt: end }))).toMatchObject({ kind: 'settle', status: 'expired' })
      expect(nextStep(outcome, attempted({ expiresAt: end + 1 }))).toEqual(
        expect.objectContaining({ kind: 'retry', retryAt: end }),
      )
    },
  )

  test('an expiry is no failure: it is said with the reason of the last attempt', () => {
    const step = nextStep(later({ reason: 'QUOTA_EXCEEDED' }), attempted({ expiresAt: NOW }))
    expect(step).toEqual({ kind: 'settle', status: 'expired', reason: 'QUOTA_EXCEEDED' })
  })

  test('used up retries fail even where there is no time left', () => {
    expect(summary(nextStep(later(), attempted({ attempt: 10, expiresAt: NOW })))).toBe('failed: UNAVAILABLE')
  })
})

describe('the guarantee', () => {
  const rows: [outcome: Outcome, atLeastOnce: number | string, atMostOnce: number | string][] = [
    [{ kind: 'unanswered', reason: 'connection_lost', sent: 'maybe' }, 10, 'failed: unconfirmed'],
    [{ kind: 'unanswered', reason: 'connect_failed', sent: 'no' }, 10, 10],
    [later({ sent: 'maybe' }), 10, 'failed: unconfirmed'],
    [later({ sent: 'maybe', retryAfterSeconds: 7 }), 7, 'failed: unconfirmed'],
    [later({ schedule: 'quota' }), 60, 60],
    [{ kind: 'renew', reason: 'UNAUTHENTICATED' }, 0, 0],
    [{ kind: 'suspect', reason: 'IdleTimeout' }, 1, 1],
  ]
  test.each(rows)('%j is %s at least once and %s at most once', (outcome, atLeastOnce, atMostOnce) => {
    expect(summary(nextStep(outcome, attempted()))).toBe(atLeastOnce)
    expect(summary(nextStep(outcome, attempted({ guarantee: 'at_most_once' })))).toBe(atMostOnce)
  })
})

describe('whatever is answered', () => {
  const reason = fc.constantFrom('UNAVAILABLE', 'timeout')
  const outcomes: fc.Arbitrary<Outcome> = fc.oneof(
    fc.record({
      kind: fc.constant('later' as const),
      reason,
      scope: fc.constantFrom('device' as const, 'credential' as const),
      schedule: fc.constantFrom('standard' as const, 'quota' as const, 'apns_server_error' as const),
      retryAfterSeconds: fc.option(fc.nat(100_000), { nil: undefined }),
      sent: fc.constantFrom(undefined, 'maybe' as const),
    }),
    fc.record({ kind: fc.constantFrom('renew' as const, 'suspect' as const), reason }),
    fc.record({
      kind: fc.constant('unanswered' as const),
      reason,
      sent: fc.constantFrom('no' as const, 'maybe' as const),
    }),
  )
  const circumstances: fc.Arbitrary<Attempted> = fc.record({
    attempt: fc.integer({ min: 1, max: 20 }),
    guarantee: fc.constantFrom('at_least_once' as const, 'at_most_once' as const),
    expiresAt: fc.integer({ min: NOW - DAY_MS, max: NOW + 30 * DAY_MS }),
    now: fc.constant(NOW),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    baseSeconds: fc.double({ min: 0, max: 60, noNaN: true }),
  })

  test('a retry comes neither in the past nor when the push has expired', () => {
    fc.assert(
      fc.property(outcomes, circumstances, (outcome, how) => {
        const step = nextStep(outcome, how)
        if (step.kind !== 'retry') return
        expect(step.retryAt).toBeGreaterThanOrEqual(how.now)
        expect(step.retryAt).toBeLessThan(how.expiresAt)
        expect(Number.isInteger(step.retryAt)).toBe(true)
      }),
    )
  })

  test('a wait is never shorter than the service asks, and no jitter makes it shorter than the schedule', () => {
    fc.assert(
      fc.property(outcomes, circumstances, (outcome, how) => {
        const step = nextStep(outcome, how)
        if (step.kind !== 'retry' || outcome.kind !== 'later') return
        const scheduled = nextStep(outcome, { ...how, random: 0 })
        expect(step.retryAt - how.now).toBeGreaterThanOrEqual((outcome.retryAfterSeconds ?? 0) * 1000)
        expect(step.retryAt).toBeGreaterThanOrEqual(scheduled.kind === 'retry' ? scheduled.retryAt : 0)
      }),
    )
  })

  test('there are at most ten attempts', () => {
    fc.assert(
      fc.property(outcomes, circumstances, (outcome, how) => {
        if (how.attempt >= 10) expect(nextStep(outcome, how).kind).toBe('settle')
      }),
    )
  })
})
