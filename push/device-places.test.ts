import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DevicePlaces, mustCount, recounted, takePlaces, usedPlaces } from './device-places.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const NOW = 1e12

function counted(count: number, countedAt = NOW): DevicePlaces {
  return { counted: count, countedAt, recent: [] }
}

describe('places', () => {
  it.each([
    ['all that are wanted', 7, 3, 3],
    ['as many as there are', 8, 3, 2],
    ['none, when there are more devices than places', 12, 1, 0],
  ])('are given out: %s', (_what, used, wanted, granted) => {
    const answer = takePlaces(counted(used), wanted, 10, NOW)
    expect(answer.granted).toBe(granted)
    expect(usedPlaces(answer.next)).toBe(used + granted)
  })

  it.each([
    ['nobody has counted yet', null, 1, true],
    ['there is room, and the count is a minute old', counted(5, NOW - MINUTE), 1, false],
    ['there is room, but the count is an hour old', counted(5, NOW - 60 * MINUTE), 1, true],
    ['there is no room, by a count of a moment ago', counted(10, NOW - 59 * SECOND), 1, false],
    ['there is no room, by a count of a minute ago', counted(10, NOW - MINUTE), 1, true],
    ['the clock was set back by more than the count is good for', counted(5, NOW + 61 * MINUTE), 1, true],
  ])('are counted when %s', (_what, places, wanted, must) => {
    expect(mustCount(places, wanted, 10, NOW)).toBe(must)
  })

  it('given out within the last minute are added to a count, which may have missed their devices', () => {
    const { next } = takePlaces(counted(0, NOW - 5 * MINUTE), 3, 10, NOW - 2 * MINUTE)
    const later = takePlaces(next, 2, 10, NOW - 30 * SECOND).next
    expect(usedPlaces(later)).toBe(5)
    expect(usedPlaces(recounted(later, 3, NOW))).toBe(5)
    expect(usedPlaces(recounted(later, 5, NOW + MINUTE))).toBe(5)
  })

  it('are noted a second at a time, and no longer than a minute', () => {
    let places = counted(0)
    for (let i = 0; i < 3_000; i++) places = takePlaces(places, 1, 10_000, NOW + i * 100).next
    expect(usedPlaces(places)).toBe(3_000)
    expect(places.recent.length).toBeLessThanOrEqual(61)
  })
})

it('an app never has more devices than places, however registrations and counts overtake each other', () => {
  const steps = fc.array(
    fc.record({
      wanted: fc.nat(5),
      waitMs: fc.nat(20 * SECOND),
      landsAfterMs: fc.nat(30 * SECOND),
      deletes: fc.nat(2),
    }),
    { maxLength: 80 },
  )
  fc.assert(
    fc.property(steps, (all) => {
      let [now, places] = [NOW, null as DevicePlaces | null]
      const landing: number[] = []
      let deleted = 0
      const there = () => landing.filter((at) => at <= now).length - deleted
      for (const { wanted, waitMs, landsAfterMs, deletes } of all) {
        now += waitMs
        deleted += Math.min(deletes, there())
        if (mustCount(places, wanted, 10, now)) places = recounted(places, there(), now)
        const { next, granted } = takePlaces(places!, wanted, 10, now)
        places = next
        for (let i = 0; i < granted; i++) landing.push(now + landsAfterMs)
        expect(landing.length - deleted).toBeLessThanOrEqual(10)
      }
    }),
  )
})
