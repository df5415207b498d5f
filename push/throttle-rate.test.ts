import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  drawPushes,
  freshRate,
  GRANT_LIFE_MS,
  giveBack,
  learnRate,
  type RateNews,
  type RateState,
  type RateTerms,
  ratePerSecond,
} from './throttle-rate.ts'

/** Seven minutes past an hour: far from a quarter hour. */
const NOW = Date.UTC(2026, 10, 23, 12, 7)
const MINUTE_MS = 60_000
const QUOTA = 600_000

const terms = (change: Partial<RateTerms> = {}): RateTerms => ({
  messagesPerMinute: QUOTA,
  scale: 1,
  now: NOW,
  random: 0,
  ...change,
})
const news = (change: Partial<RateNews> = {}): RateNews => ({
  accepted: 0,
  quota: 0,
  sent: 0,
  retryAt: null,
  ...change,
})
const CAMPAIGN = { wanted: 500, single: false }
const SINGLE = { wanted: 1, single: true }

describe('drawing pushes', () => {
  it('never grants more than the quota in any minute, whoever asks how often and however late a grant is used', () => {
    const asker = fc.record({
      waitMs: fc.constantFrom(0, 1, 20, 300, 2_000, 70_000),
      wanted: fc.constantFrom(1, 500, 20_000),
      single: fc.boolean(),
      usedLateMs: fc.integer({ min: 0, max: GRANT_LIFE_MS }),
      unusedShare: fc.constantFrom(0, 0, 0.5, 1),
    })
    fc.assert(
      fc.property(fc.array(asker, { minLength: 20, maxLength: 150 }), (askers) => {
        let rate = freshRate()
        let now = NOW
        const used: { at: number; pushes: number }[] = []
        for (const { waitMs, wanted, single, usedLateMs, unusedShare } of askers) {
          now += waitMs
          const drawn = drawPushes(rate, { wanted, single }, terms({ now, messagesPerMinute: 60_000 }))
          rate = drawn.rate
          if (drawn.kind === 'refused') continue
          const unused = Math.floor(drawn.pushes * unusedShare)
          used.push({ at: now + usedLateMs, pushes: drawn.pushes - unused })
          rate = giveBack(rate, unused)
        }
        for (const { at } of used) {
          const minute = used.filter((other) => other.at >= at && other.at < at + MINUTE_MS)
          expect(minute.reduce((sum, { pushes }) => sum + pushes, 0)).toBeLessThanOrEqual(60_000)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('uses more than nine tenths of the quota when that much is wanted all the time', () => {
    let rate = freshRate()
    let pushes = 0
    for (let now = NOW; now < NOW + 5 * MINUTE_MS; now += 50) {
      const drawn = drawPushes(rate, CAMPAIGN, terms({ now }))
      rate = drawn.rate
      if (drawn.kind === 'granted' && now >= NOW + 2 * MINUTE_MS && now < NOW + 3 * MINUTE_MS) pushes += drawn.pushes
    }
    expect(pushes).toBeGreaterThan(0.9 * QUOTA)
    expect(pushes).toBeLessThanOrEqual(QUOTA)
  })

  it('is never emptied at once: a full bucket is two seconds’ worth', () => {
    const { rate } = drawPushes({ ...freshRate(), busy: { since: NOW - MINUTE_MS, at: NOW } }, CAMPAIGN, terms())
    const rest = drawPushes(rate, { wanted: QUOTA, single: true }, terms())
    expect(rest.kind === 'granted' && rest.pushes).toBeLessThan(QUOTA / 18)
  })

  it('lets campaigns begin at a quarter of the rate after a rest, and sends to one at all of it', () => {
    const wanted = { wanted: QUOTA, single: false }
    const campaign = drawPushes(freshRate(), { ...wanted, wanted: 4_000 }, terms())
    const single = drawPushes(freshRate(), { ...wanted, single: true }, terms())
    expect(campaign).toMatchObject({ kind: 'granted', pushes: 4_000 })
    expect(drawPushes(campaign.rate, { wanted: 4_000, single: false }, terms()).kind).toBe('refused')
    expect(single.kind === 'granted' && single.pushes).toBeGreaterThan(20_000)
  })

  it('never lets a single send wait for a campaign that has used everything up', () => {
    let rate = freshRate()
    for (let drawn = drawPushes(rate, CAMPAIGN, terms()); drawn.kind === 'granted'; ) {
      rate = drawn.rate
      drawn = drawPushes(rate, CAMPAIGN, terms())
    }
    expect(drawPushes(rate, SINGLE, terms())).toMatchObject({ kind: 'granted', pushes: 1 })
  })

  it('gives everybody who is refused another instant, none later than a minute from now', () => {
    let { rate } = drawPushes(freshRate(), { wanted: 4_600, single: false }, terms())
    const times: number[] = []
    for (let asker = 0; asker < 400; asker++) {
      const drawn = drawPushes(rate, CAMPAIGN, terms({ random: (asker % 100) / 100 }))
      rate = drawn.rate
      if (drawn.kind === 'refused') times.push(drawn.resumeAt)
    }
    expect(times.length).toBeGreaterThan(390)
    expect(Math.max(...times)).toBeLessThanOrEqual(NOW + MINUTE_MS)
    const bySecond = Map.groupBy(times, (at) => Math.floor(at / 1000))
    const busiest = Math.max(...Array.from(bySecond.values(), (same) => same.length))
    expect(busiest).toBeLessThan(20)
  })

  it('asks for nothing where no rate is known', () => {
    const drawn = drawPushes(freshRate(), CAMPAIGN, terms({ messagesPerMinute: null }))
    expect(drawn.kind === 'granted' && drawn.pushes).toBeGreaterThan(10_000)
    expect(drawn.rate.all).toEqual(freshRate().all)
  })

  it('serves a rate that is smaller than a ticket in small portions', () => {
    const slow: RateState = { ...freshRate(), learned: { perSecond: 10, goal: 100, changedAt: NOW } }
    const none = terms({ messagesPerMinute: null, now: NOW + MINUTE_MS })
    const drawn = drawPushes({ ...slow, busy: { since: NOW - MINUTE_MS, at: NOW } }, CAMPAIGN, none)
    expect(drawn).toMatchObject({ kind: 'granted', pushes: 20 })
  })
})

describe('learning the rate', () => {
  const busy = (perSecond: number) => {
    const rate = learnRate(freshRate(), news({ sent: 0 }), terms({ now: NOW - 10_000 }))
    return learnRate(rate, news({ accepted: 1, sent: perSecond * 10 }), terms({ now: NOW - 1 }))
  }

  it('waits as long as the service says, and a minute when it does not', () => {
    const named = learnRate(freshRate(), news({ quota: 1, retryAt: NOW + 7_000 }), terms())
    expect(named.waitUntil).toBe(NOW + 7_000)
    expect(learnRate(freshRate(), news({ quota: 1 }), terms()).waitUntil).toBe(NOW + MINUTE_MS)
    const endless = news({ quota: 1, retryAt: NOW + 1e12 })
    expect(learnRate(freshRate(), endless, terms()).waitUntil).toBe(NOW + 60 * MINUTE_MS)
    expect(learnRate(freshRate(), news({ quota: 1 }), terms({ scale: 0.01 })).waitUntil).toBe(NOW + 600)
  })

  it('halves what was sent when the service said that it is too much, once for all who met it', () => {
    const refused = learnRate(busy(1_000), news({ quota: 20, sent: 20 }), terms())
    expect(refused.learned?.perSecond).toBeCloseTo(500, -2)
    const again = learnRate(refused, news({ quota: 20, sent: 20 }), terms({ now: NOW + 100 }))
    expect(again.learned).toEqual(refused.learned)
  })

  it('begins with an empty bucket after the wait', () => {
    const refused = learnRate(busy(1_000), news({ quota: 1, retryAt: NOW + 5_000 }), terms())
    const drawn = drawPushes(refused, { wanted: 10_000, single: true }, terms({ now: NOW + 5_000 }))
    expect(drawn.kind === 'granted' && drawn.pushes).toBeLessThan(600)
  })

  it('grows back step by step while pushes are accepted, to the documented rate', () => {
    let rate = learnRate(busy(1_000), news({ quota: 1, retryAt: NOW }), terms())
    const rates: (number | null)[] = []
    for (let now = NOW; rate.learned !== null && rates.length < 100; now += 10_000) {
      rates.push(ratePerSecond(rate, terms({ now })))
      rate = learnRate(rate, news({ accepted: 500, sent: 500 }), terms({ now }))
    }
    expect(rates).toEqual(rates.toSorted((a, b) => a! - b!))
    expect(ratePerSecond(rate, terms())).toBeCloseTo(QUOTA / 65)
  })

  it('forgets a rate that nobody documented once it has grown to twice what was refused', () => {
    const none = (now: number) => terms({ messagesPerMinute: null, now })
    let rate = learnRate(busy(1_000), news({ quota: 1, retryAt: NOW }), none(NOW))
    let now = NOW
    for (; rate.learned !== null; now += 10_000) rate = learnRate(rate, news({ accepted: 1, sent: 1 }), none(now))
    expect(now - NOW).toBeGreaterThan(4 * MINUTE_MS)
    expect(ratePerSecond(rate, none(now))).toBeNull()
  })

  it('does not grow while nothing is accepted', () => {
    const refused = learnRate(busy(1_000), news({ quota: 1, retryAt: NOW }), terms())
    expect(learnRate(refused, news({ sent: 5 }), terms({ now: NOW + MINUTE_MS })).learned).toEqual(refused.learned)
  })
})
