import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ALL_SLOTS,
  beginSplit,
  commitSplit,
  FIRST_DIRECTORY,
  ownerOf,
  ownersWithin,
  type ShardDirectory,
} from './shard-directory.ts'
import { SLOT_COUNT } from './slot.ts'

const HALF = SLOT_COUNT / 2

/** A topic whose shards were split at these slots, each the one that owned the slot then. */
function splitAt(...slots: number[]): ShardDirectory {
  return slots.reduce((directory, at) => {
    const { shard } = ownerOf(directory.ranges, at)
    const begun = beginSplit(directory, shard, at)
    return begun.split ? commitSplit(begun.directory, shard, begun.split.child) : directory
  }, FIRST_DIRECTORY)
}

describe('a split', () => {
  it('changes nothing for anybody before it is committed', () => {
    const { directory, split } = beginSplit(FIRST_DIRECTORY, 0, HALF)
    expect(split).toEqual({ shard: 0, child: 1, at: HALF })
    expect(directory.ranges).toBe(FIRST_DIRECTORY.ranges)
  })

  it('that is asked for again is the same, also at another slot', () => {
    const first = beginSplit(FIRST_DIRECTORY, 0, HALF)
    const again = beginSplit(first.directory, 0, HALF + 5)
    expect(again).toEqual(first)
  })

  it('that is committed leaves the first slots with the old shard', () => {
    expect(splitAt(HALF).ranges).toEqual([
      { shard: 0, fromSlot: 0, toSlot: HALF },
      { shard: 1, fromSlot: HALF, toSlot: SLOT_COUNT },
    ])
  })

  it('that is committed again, or was never begun, changes nothing', () => {
    const committed = splitAt(HALF)
    expect(commitSplit(committed, 0, 1)).toBe(committed)
    expect(commitSplit(committed, 1, 2)).toBe(committed)
    const next = beginSplit(committed, 0, 1).directory
    expect(commitSplit(next, 0, 1)).toBe(next)
  })

  it.each([
    ['a shard that owns nothing', 5, HALF],
    ['the first slot, which leaves the old shard nothing', 0, 0],
    ['a slot beyond the end', 0, SLOT_COUNT],
  ])('is not begun for %s', (_, shard, at) => {
    expect(beginSplit(FIRST_DIRECTORY, shard, at)).toEqual({ directory: FIRST_DIRECTORY, split: null })
  })

  it('gives a number to each new shard that no other ever had', () => {
    const { directory } = beginSplit(beginSplit(splitAt(HALF), 1, HALF + 9).directory, 0, 9)
    expect(directory.splits.map(({ child }) => child)).toEqual([2, 3])
  })
})

it('every slot has one owner, however a topic was split', () => {
  const slots = fc.integer({ min: 0, max: SLOT_COUNT - 1 })
  fc.assert(
    fc.property(fc.array(slots, { maxLength: 20 }), (cuts) => {
      const { ranges } = splitAt(...cuts)
      expect(ranges[0]!.fromSlot).toBe(0)
      expect(ranges.at(-1)!.toSlot).toBe(SLOT_COUNT)
      for (const [index, range] of ranges.slice(1).entries()) expect(range.fromSlot).toBe(ranges[index]!.toSlot)
      expect(new Set(ranges.map(({ shard }) => shard)).size).toBe(ranges.length)
    }),
  )
})

it('the owners within a range cover exactly that range', () => {
  const { ranges } = splitAt(100, 200, 300)
  expect(ownersWithin(ranges, ALL_SLOTS)).toEqual(ranges)
  expect(
    ownersWithin(ranges, { fromSlot: 100, toSlot: 300 }).map(({ fromSlot, toSlot }) => [fromSlot, toSlot]),
  ).toEqual([
    [100, 200],
    [200, 300],
  ])
})
