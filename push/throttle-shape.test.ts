import { describe, expect, it } from 'vitest'
import { busySince, campaignShare, isCrowded, slowStartPerSecond } from './throttle-shape.ts'

const HOUR = Date.UTC(2026, 10, 23, 12)
const at = (minute: number, second = 0) => HOUR + (minute * 60 + second) * 1000

describe('the share of the rate that campaigns use', () => {
  it.each([
    [0, 0.25],
    [30, 0.625],
    [60, 1],
    [3_600, 1],
  ])('%i seconds after a rest is %f', (seconds, share) => {
    const now = at(7)
    expect(campaignShare(now - seconds * 1000, now)).toBeCloseTo(share)
  })

  it.each([
    [at(0), true],
    [at(1, 59), true],
    [at(2), false],
    [at(12, 59), false],
    [at(13, 1), true],
    [at(16, 59), true],
    [at(29), true],
    [at(45), true],
    [at(58, 1), true],
    [at(57, 59), false],
  ])('is halved within two minutes of a quarter hour: %i', (now, crowded) => {
    expect(isCrowded(now)).toBe(crowded)
    expect(campaignShare(now - 600_000, now)).toBe(crowded ? 0.5 : 1)
  })

  it('starts again after two minutes without a push, not after a pause of one', () => {
    const last = { since: at(3), at: at(5) }
    expect(busySince(last, at(6))).toBe(at(3))
    expect(busySince(last, at(7, 1))).toBe(at(7, 1))
  })
})

describe('the slow start after an outage', () => {
  it.each([
    [0, 100],
    [5, 200],
    [20, 1_600],
    [49, 89_144],
  ])('lets %i seconds later %i pushes a second through', (seconds, perSecond) => {
    expect(slowStartPerSecond(HOUR, HOUR + seconds * 1000, 1)).toBeCloseTo(perSecond, 0)
  })

  it('ends, and was never there without an outage', () => {
    expect(slowStartPerSecond(HOUR, HOUR + 50_000, 1)).toBeNull()
    expect(slowStartPerSecond(HOUR, HOUR + 500, 0.01)).toBeNull()
    expect(slowStartPerSecond(null, HOUR, 1)).toBeNull()
  })
})
