import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyOutcomeCounts, type OutcomeCounts } from './outcome-counts.ts'
import {
  askPassage,
  type BreakerState,
  type BreakerTerms,
  CLOSED,
  enterOutcomes,
  judge,
  moveBreakerBack,
} from './throttle-breaker.ts'

const NOW = Date.UTC(2026, 10, 23, 12, 7)
const terms = (change: Partial<BreakerTerms> = {}): BreakerTerms => ({ scale: 1, now: NOW, random: 0, ...change })
const counts = (change: Partial<OutcomeCounts>): OutcomeCounts => ({ ...emptyOutcomeCounts(), ...change })
const DOWN = counts({ outage: 20, reason: 'UNAVAILABLE' })
const WRONG = counts({ misconfigured: 1, reason: 'InvalidProviderToken' })

function opened(by: OutcomeCounts, change: Partial<BreakerTerms> = {}): Extract<BreakerState, { kind: 'open' }> {
  const breaker = enterOutcomes(CLOSED, by, false, terms(change))
  if (breaker.kind !== 'open') throw new Error('still closed')
  return breaker
}

describe('what opens a breaker', () => {
  it.each<[string, Partial<OutcomeCounts>, ReturnType<typeof judge>]>([
    ['nothing', {}, null],
    ['acceptances', { accepted: 500 }, null],
    ['a few failures', { outage: 19 }, null],
    ['enough failures alone', { outage: 20 }, 'outage'],
    ['as many failures as answers', { outage: 10, accepted: 10 }, 'outage'],
    ['five per cent of failures', { outage: 25, accepted: 475 }, null],
    ['failures beside dead addresses: the service answers', { outage: 10, unregistered: 30 }, null],
    ['quota', { quota: 500 }, null],
    ['one wrong credential and nothing that works', { misconfigured: 1 }, 'misconfigured'],
    ['one odd answer among many accepted', { misconfigured: 1, accepted: 499 }, null],
    ['one odd answer beside one accepted', { misconfigured: 1, accepted: 1 }, null],
    ['many odd answers among more accepted', { misconfigured: 200, accepted: 300 }, null],
    ['a key that was revoked on the way', { misconfigured: 251, accepted: 249 }, 'misconfigured'],
    ['a suspect connection', { suspect: 6 }, null],
    ['so many suspect connections that it is the key', { suspect: 30, accepted: 3 }, 'misconfigured'],
  ])('%s', (_what, change, cause) => {
    expect(judge(counts(change), false)).toBe(cause)
  })

  it('is not one odd answer about a credential that worked, however long ago the last push was', () => {
    const worked = enterOutcomes(CLOSED, counts({ accepted: 1 }), false, terms())
    const odd = (breaker: BreakerState, minute: number) =>
      enterOutcomes(breaker, WRONG, false, terms({ now: NOW + minute * 60_000 }))
    const twice = odd(odd(worked, 60), 120)
    expect(twice.kind).toBe('closed')
    expect(odd(twice, 180)).toMatchObject({ kind: 'open', cause: 'misconfigured' })
    const between = enterOutcomes(twice, counts({ accepted: 1 }), false, terms({ now: NOW + 170 * 60_000 }))
    expect(odd(between, 180).kind).toBe('closed')
    expect(odd(worked, 25 * 60).kind).toBe('open')
  })

  it('is one ticket that could not be prepared at all', () => {
    const breaker = enterOutcomes(CLOSED, counts({ outage: 1, reason: 'token_http_503' }), true, terms())
    expect(breaker).toMatchObject({ kind: 'open', cause: 'outage', reason: 'token_http_503' })
  })

  it('is added up over many reports, for as long as they speak of now', () => {
    const half = counts({ outage: 10 })
    const soon = enterOutcomes(enterOutcomes(CLOSED, half, false, terms()), half, false, terms({ now: NOW + 9_000 }))
    expect(soon.kind).toBe('open')
    const late = enterOutcomes(enterOutcomes(CLOSED, half, false, terms()), half, false, terms({ now: NOW + 21_000 }))
    expect(late.kind).toBe('closed')
  })
})

describe('an open breaker', () => {
  it('holds everybody until a probe may leave, each until another instant', () => {
    const breaker = opened(DOWN)
    expect(askPassage(breaker, 500, false, terms())).toEqual({ kind: 'held', resumeAt: NOW + 5_000 })
    expect(askPassage(breaker, 500, false, terms({ random: 0.5 }))).toEqual({ kind: 'held', resumeAt: NOW + 6_250 })
  })

  it('lets a few pushes through then, and nobody else until they are answered', () => {
    const later = terms({ now: NOW + 5_000 })
    const probe = askPassage(opened(DOWN), 500, false, later)
    expect(probe).toMatchObject({ kind: 'probe', pushes: 5 })
    if (probe.kind !== 'probe') return
    expect(askPassage(probe.breaker, 500, false, later).kind).toBe('held')
    expect(askPassage(probe.breaker, 1, true, later)).toMatchObject({ kind: 'probe', pushes: 1 })
    expect(askPassage(probe.breaker, 50, true, later)).toMatchObject({ kind: 'probe', pushes: 5 })
  })

  it('prefers a send to one device as the probe', () => {
    const early = terms({ now: NOW + 4_000 })
    expect(askPassage(opened(DOWN), 500, false, early).kind).toBe('held')
    expect(askPassage(opened(DOWN), 1, true, early).kind).toBe('probe')
  })

  it('never lets a send to one device wait longer than a minute before it may be the probe', () => {
    const old = { ...opened(DOWN), since: NOW - 6 * 60 * 60_000, failures: 90, probeAt: NOW + 14 * 60_000 }
    expect(askPassage(old, 500, false, terms({ now: NOW + 60_000 })).kind).toBe('held')
    expect(askPassage(old, 1, true, terms({ now: NOW - 1 })).kind).toBe('held')
    expect(askPassage(old, 1, true, terms({ now: NOW })).kind).toBe('probe')
  })

  it('gives a probe up that nobody reported', () => {
    const probe = askPassage(opened(DOWN), 500, false, terms({ now: NOW + 5_000 }))
    if (probe.kind !== 'probe') throw new Error('no probe')
    expect(askPassage(probe.breaker, 500, false, terms({ now: NOW + 34_999 })).kind).toBe('held')
    expect(askPassage(probe.breaker, 500, false, terms({ now: NOW + 35_000 })).kind).toBe('probe')
  })

  it.each<[string, Partial<OutcomeCounts>, 'open' | 'closed']>([
    ['accepted', { accepted: 5 }, 'closed'],
    ['refused for the recipient’s sake', { other: 1 }, 'closed'],
    ['dead addresses', { unregistered: 5 }, 'closed'],
    ['told to slow down', { quota: 5 }, 'closed'],
    ['half accepted', { accepted: 2, outage: 2 }, 'closed'],
    ['mostly unanswered', { accepted: 1, outage: 4 }, 'open'],
    ['unanswered', { outage: 5 }, 'open'],
    ['nothing to tell', {}, 'open'],
  ])('whose probe is %s: %o, is then %s', (_what, change, kind) => {
    expect(enterOutcomes(opened(DOWN), counts(change), false, terms({ now: NOW + 6_000 })).kind).toBe(kind)
  })

  it('waits longer after each probe that failed, up to a twentieth of its age and a quarter of an hour', () => {
    let breaker: BreakerState = opened(DOWN)
    const waits: number[] = []
    for (let probes = 0; probes < 200; probes++) {
      if (breaker.kind !== 'open') throw new Error('closed')
      const now = breaker.probeAt
      breaker = enterOutcomes(breaker, counts({ outage: 5 }), false, terms({ now }))
      if (breaker.kind === 'open') waits.push((breaker.probeAt - now) / 1000)
    }
    expect(waits.slice(0, 6)).toEqual([10, 20, 40, 60, 60, 60])
    expect(waits).toEqual(waits.toSorted((a, b) => a - b))
    expect(waits.at(-1)).toBe(900)
  })

  it('is quicker where all waits are', () => {
    expect(opened(DOWN, { scale: 0.01 }).probeAt).toBe(NOW + 50)
  })

  it('does not wait for a clock that was set back', () => {
    const held = askPassage(moveBreakerBack(opened(DOWN), 3_600_000), 500, false, terms({ now: NOW - 3_600_000 }))
    expect(held).toEqual({ kind: 'held', resumeAt: NOW - 3_600_000 + 5_000 })
  })

  it('changes its cause when a probe says so', () => {
    const breaker = enterOutcomes(opened(DOWN), WRONG, false, terms({ now: NOW + 6_000 }))
    expect(breaker).toMatchObject({
      cause: 'misconfigured',
      reason: 'InvalidProviderToken',
      since: NOW + 6_000,
      failures: 0,
    })
  })

  it('remembers what closed it: the next odd answer is one among others', () => {
    const closed = enterOutcomes(opened(WRONG), counts({ accepted: 5 }), false, terms({ now: NOW + 6_000 }))
    expect(enterOutcomes(closed, WRONG, false, terms({ now: NOW + 7_000 })).kind).toBe('closed')
  })
})

describe('a breaker, whatever happens', () => {
  const step = fc.record({
    waitMs: fc.integer({ min: 0, max: 40_000 }),
    ask: fc.boolean(),
    single: fc.boolean(),
    accepted: fc.integer({ min: 0, max: 30 }),
    outage: fc.integer({ min: 0, max: 30 }),
    misconfigured: fc.integer({ min: 0, max: 2 }),
  })

  it('lets at most ten pushes through before they are answered or given up', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let breaker: BreakerState = opened(DOWN)
        let now = NOW
        let out: { at: number; pushes: number }[] = []
        for (const { waitMs, ask, single, ...seen } of steps) {
          now += waitMs
          if (!ask) {
            breaker = enterOutcomes(breaker, counts(seen), false, terms({ now }))
            out = []
            continue
          }
          const passage = askPassage(breaker, 500, single, terms({ now }))
          if (passage.kind === 'held') expect(passage.resumeAt).toBeGreaterThanOrEqual(now)
          if (passage.kind !== 'probe') continue
          breaker = passage.breaker
          out.push({ at: now, pushes: passage.pushes })
          const unanswered = out.filter(({ at }) => at > now - 30_000)
          expect(unanswered.reduce((sum, { pushes }) => sum + pushes, 0)).toBeLessThanOrEqual(10)
        }
      }),
    )
  })
})
