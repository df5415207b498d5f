import { describe, expect, it } from 'vitest'
import { Allowance, isAlarming, Tally } from './allowance.ts'
import { emptyOutcomeCounts, type OutcomeCounts } from './outcome-counts.ts'
import type { ThrottleAnswer } from './throttle.ts'

const NOW = 1_000_000
const HOLD_LIFE_MS = 5_000
const common = { epoch: 3, version: 7, quarantine: false }
const go = (pushes: number, probe = false): ThrottleAnswer => ({ ...common, kind: 'go', pushes, lifeMs: 2_000, probe })
const hold = (cause: 'outage' | 'pace', resumeAt: number): ThrottleAnswer => {
  return { ...common, kind: 'hold', cause, reason: 'x', resumeAt }
}

function told(...answers: ThrottleAnswer[]): Allowance {
  const allowance = new Allowance()
  for (const answer of answers) allowance.adopt(answer, NOW, HOLD_LIFE_MS)
  return allowance
}

describe('what an isolate may send', () => {
  it('is what was granted, for as long as it was', () => {
    const allowance = told(go(700))
    expect(allowance.take(500, NOW)).toBe(500)
    expect(allowance.take(500, NOW + 1_999)).toBe(200)
    expect(allowance.take(500, NOW)).toBe(0)
    expect(told(go(700)).take(500, NOW + 2_000)).toBe(0)
  })

  it('adds up when two tickets asked at once', () => {
    expect(told(go(500), go(500)).take(1_000, NOW)).toBe(1_000)
  })

  it('is not the probe of another ticket', () => {
    expect(told(go(5, true)).hasGrant(NOW)).toBe(false)
  })

  it('goes back with the next question where it was not sent', () => {
    const allowance = told(go(700))
    allowance.take(500, NOW)
    allowance.putBack(40)
    expect(allowance.report(allowance.tally, 2, false, NOW)).toMatchObject({ unused: 242, epoch: 3 })
    expect(allowance.take(500, NOW)).toBe(0)
  })
})

describe('a refusal', () => {
  it('is believed until it is over, and for some seconds at most', () => {
    const short = told(hold('outage', NOW + 1_000))
    expect(short.heldAt(NOW + 999)).toMatchObject({ cause: 'outage', resumeAt: NOW + 1_000 })
    expect(short.heldAt(NOW + 1_000)).toBeNull()
    const long = told(hold('outage', NOW + 600_000))
    expect(long.heldAt(NOW + HOLD_LIFE_MS - 1)).not.toBeNull()
    expect(long.heldAt(NOW + HOLD_LIFE_MS)).toBeNull()
  })

  it('is not believed by a clock that was set back', () => {
    expect(told(hold('outage', NOW + 1_000)).heldAt(NOW - 3_600_000)).toBeNull()
  })

  it('stops what is under way, unless it is only about a share of the rate', () => {
    expect(told(hold('outage', NOW + 1_000)).isStopped).toBe(true)
    expect(told(hold('pace', NOW + 1_000)).isStopped).toBe(false)
    expect(told(hold('outage', NOW + 1_000), go(1)).isStopped).toBe(false)
  })
})

describe('what was seen', () => {
  it('is told under the answer and the version with which it was sent', () => {
    const allowance = told(go(10))
    allowance.useVersion(6)
    const before = allowance.tally
    before.note({ kind: 'accepted' }, NOW)
    allowance.adopt({ ...go(10), epoch: 4 }, NOW, HOLD_LIFE_MS)
    allowance.tally.note({ kind: 'unregistered', reason: 'x' }, NOW)
    expect(allowance.report(before, 0, false, NOW)).toMatchObject({ epoch: 3, version: 6, counts: { accepted: 1 } })
    allowance.useVersion(8)
    expect(allowance.tally).toMatchObject({ epoch: 4, version: 8 })
  })

  it('is told once, and is not lost when it could not be told', () => {
    const tally = new Tally(0, null)
    tally.note({ kind: 'accepted' }, NOW)
    const counts = tally.empty()
    expect(tally.counts.accepted).toBe(0)
    tally.note({ kind: 'accepted' }, NOW)
    tally.putBack((now) => ({ ...now, accepted: now.accepted + counts.accepted }))
    expect(tally.counts.accepted).toBe(2)
  })

  it('is nothing to tell where nothing was', () => {
    const allowance = new Allowance()
    expect(allowance.report(allowance.tally, 0, false, NOW)).toBeNull()
    expect(allowance.toldAt).toBe(NOW)
  })

  it.each<[string, Partial<OutcomeCounts>, boolean]>([
    ['acceptances', { accepted: 10_000 }, false],
    ['a 503 now and then', { accepted: 400, outage: 19 }, false],
    ['as many failures as open a breaker', { outage: 20 }, true],
    ['one 429 of everybody', { quota: 1, accepted: 400 }, true],
    ['one wrong credential', { misconfigured: 1, accepted: 400 }, true],
    ['suspect connections', { suspect: 20 }, true],
    ['dead addresses as always', { accepted: 5_000, unregistered: 100 }, false],
    ['more dead addresses than not', { accepted: 10, unregistered: 60 }, true],
    ['a few dead addresses', { unregistered: 49 }, false],
  ])('alarms: %s', (_what, counts, alarms) => {
    expect(isAlarming({ ...emptyOutcomeCounts(), ...counts })).toBe(alarms)
  })
})
