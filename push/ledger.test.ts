import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addCounts, balances, emptyCounts, OrdinalSet } from './ledger.ts'

describe('a set of ordinals', () => {
  it('holds what was added once, counts it, and refuses what is out of range', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.array(fc.integer({ min: 0, max: 600 })), (size, ordinals) => {
        const set = OrdinalSet.ofSize(size)
        const room = ((size + 7) >> 3) * 8
        const model = new Set<number>()
        for (const ordinal of ordinals) {
          expect(set.add(ordinal)).toBe(ordinal < room && !model.has(ordinal))
          if (ordinal < room) model.add(ordinal)
        }
        expect(set.count).toBe(model.size)
        for (const ordinal of ordinals) expect(set.has(ordinal)).toBe(model.has(ordinal))
      }),
    )
  })
})

describe('the counts of a ledger', () => {
  it.each([
    ['nothing', {}, true],
    ['everybody pending', { targeted: 5, pending: 5 }, true],
    [
      'everybody settled',
      { targeted: 6, accepted: 1, unregistered: 1, failed: 1, suppressed: 1, expired: 1, canceled: 1 },
      true,
    ],
    ['somebody lost', { targeted: 5, accepted: 4 }, false],
    ['somebody twice', { targeted: 5, accepted: 6 }, false],
    ['a debt', { targeted: 5, accepted: 6, pending: -1 }, false],
  ])('balance or not: %s', (_, counts, expected) => {
    expect(balances({ ...emptyCounts(), ...counts })).toBe(expected)
  })

  it('add up', () => {
    const one = { ...emptyCounts(), targeted: 2, accepted: 2 }
    expect(addCounts(addCounts(emptyCounts(), one), one)).toMatchObject({ targeted: 4, accepted: 4, pending: 0 })
  })
})
