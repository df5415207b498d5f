import { describe, expect, it } from 'vitest'
import type { Outcome } from './outcome.ts'
import { type Blame, blameOf, countOutcome, emptyOutcomeCounts, mayHandBack, sumOf } from './outcome-counts.ts'

const later = { kind: 'later', reason: 'x', scope: 'credential', schedule: 'standard' } as const
const NOW = 1_000_000

describe('whom an outcome blames', () => {
  it.each<[string, Outcome, Blame | null]>([
    ['accepted', { kind: 'accepted' }, null],
    ['dead', { kind: 'unregistered', reason: 'x' }, null],
    ['refused', { kind: 'refused', reason: 'x' }, null],
    ['to be renewed', { kind: 'renew', reason: 'x' }, null],
    ['503', later, 'outage'],
    ['429 of the project', { ...later, schedule: 'quota' }, 'quota'],
    ['429 of the device', { ...later, schedule: 'quota', scope: 'device' }, null],
    ['no answer', { kind: 'unanswered', sent: 'maybe', reason: 'timeout' }, 'outage'],
    ['never built', { kind: 'unanswered', sent: 'no', reason: 'build_failed' }, null],
    ['an endpoint that the egress may not reach', { kind: 'unanswered', sent: 'no', reason: 'host_not_allowed' }, null],
    ['wrong key', { kind: 'misconfigured', reason: 'x' }, 'misconfigured'],
    ['suspect', { kind: 'suspect', reason: 'x' }, 'suspect'],
  ])('%s', (_what, outcome, blame) => {
    expect(blameOf(outcome)).toBe(blame)
  })
})

describe('handing a recipient back as if nothing had been tried', () => {
  it.each<[string, Outcome, boolean, boolean]>([
    ['503', { ...later, sent: 'maybe' }, true, false],
    ['429 of the project', { ...later, schedule: 'quota' }, true, true],
    ['no answer', { kind: 'unanswered', sent: 'maybe', reason: 'timeout' }, true, false],
    ['never sent', { kind: 'unanswered', sent: 'no', reason: 'egress_lost' }, true, true],
    ['wrong key', { kind: 'misconfigured', reason: 'x' }, true, true],
    ['dead', { kind: 'unregistered', reason: 'x' }, false, false],
    ['429 of the device', { ...later, schedule: 'quota', scope: 'device' }, false, false],
  ])('%s', (_what, outcome, atLeastOnce, atMostOnce) => {
    expect(mayHandBack(outcome, 'at_least_once')).toBe(atLeastOnce)
    expect(mayHandBack(outcome, 'at_most_once')).toBe(atMostOnce)
  })
})

describe('counting', () => {
  it('keeps the last reason and the latest instant that was named', () => {
    const counts = emptyOutcomeCounts()
    countOutcome(counts, { ...later, schedule: 'quota', retryAfterSeconds: 20, reason: 'RATE' }, NOW)
    countOutcome(counts, { ...later, retryAfterSeconds: 5, reason: 'UNAVAILABLE' }, NOW)
    countOutcome(counts, { kind: 'unregistered', reason: 'UNREGISTERED' }, NOW)
    countOutcome(counts, { kind: 'refused', reason: 'TOO_BIG' }, NOW)
    expect(counts).toMatchObject({ quota: 1, outage: 1, unregistered: 1, other: 1, reason: 'UNAVAILABLE' })
    expect(counts.retryAt).toBe(NOW + 20_000)
  })

  it('keeps reasons fit for a header', () => {
    const counts = emptyOutcomeCounts()
    countOutcome(counts, { kind: 'misconfigured', reason: 'clé\r\nfausse' }, NOW)
    expect(counts.reason).toBe('cl???fausse')
  })

  it('adds up', () => {
    const one = { ...emptyOutcomeCounts(), accepted: 1, outage: 2, reason: 'a', retryAt: 5 }
    const two = { ...emptyOutcomeCounts(), accepted: 10, quota: 1 }
    expect(sumOf(one, two)).toMatchObject({ accepted: 11, outage: 2, quota: 1, reason: 'a', retryAt: 5 })
  })
})
