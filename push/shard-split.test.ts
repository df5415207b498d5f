import { describe, expect, it } from 'vitest'
import { ALL_SLOTS } from './shard-directory.ts'
import * as split from './shard-split.ts'

const AT = 1_000
const LAST = { platform: 'fcm', slot: 1_500, deviceId: 'dev_1' } as const
const whole = split.ownerOfRange(ALL_SLOTS)
const copying = split.startSplit(whole, { child: 1, at: AT })
const following = split.enterPage(copying, null)
const closing = split.close(following)
const smaller = split.shrink(closing)
const receiving = split.acceptTransfer(split.NEW_SHARD, 'topic/0', 3)!

describe('a shard that splits', () => {
  it('goes from copying through following and closing to what is left', () => {
    expect([copying, following, closing].map((owner) => owner.split?.phase)).toEqual([
      'copying',
      'following',
      'closing',
    ])
    expect(smaller).toEqual({ kind: 'owner', range: { fromSlot: 0, toSlot: AT }, split: null, leftovers: true })
    expect(split.childRange(closing)).toEqual({ fromSlot: AT, toSlot: ALL_SLOTS.toSlot })
  })

  it('is not begun twice', () => {
    expect(split.startSplit(copying, { child: 2, at: AT + 1 })).toBe(copying)
  })

  it('copies on after the last member of a page', () => {
    expect(split.enterPage(copying, LAST).split).toMatchObject({ phase: 'copying', copiedTo: LAST })
  })

  it('numbers its transfers upwards, whatever the phase', () => {
    const numbers = [1, 2].map((times) => {
      let owner: split.Owner = closing
      for (let time = 0; time < times; time++) owner = split.numberTransfer(owner)
      return owner.split!.transfer
    })
    expect(numbers).toEqual([1, 2])
  })
})

describe('what a shard says to a call', () => {
  it.each([
    ['whole', whole, [5, AT + 5], 'own'],
    ['copying, about slots that will move', copying, [AT + 5], 'own'],
    ['following, about slots that will move', following, [AT + 5], 'own'],
    ['closing, about slots that stay', closing, [5], 'own'],
    ['closing, about slots that move', closing, [5, AT], 'closing'],
    ['split, about slots that stayed', smaller, [5, AT - 1], 'own'],
    ['split, about slots that moved', smaller, [5, AT], 'moved'],
    ['new, about any', receiving, [AT], 'moved'],
    ['new, about none', receiving, [], 'own'],
  ] as const)('%s', (_, ownership, slots, standing) => {
    expect(split.standingOfSlots(ownership, slots)).toBe(standing)
  })

  it.each([
    ['whole, about all', whole, ALL_SLOTS, 'own'],
    ['copying, about all', copying, ALL_SLOTS, 'own'],
    ['closing, about all', closing, ALL_SLOTS, 'closing'],
    ['closing, about what it will keep', closing, { fromSlot: 0, toSlot: AT }, 'closing'],
    ['split, about what it has', smaller, { fromSlot: 0, toSlot: AT }, 'own'],
    ['split, about all', smaller, ALL_SLOTS, 'moved'],
    ['new, about what it will have', receiving, { fromSlot: AT, toSlot: AT + 1 }, 'moved'],
  ] as const)('%s slots', (_, ownership, range, standing) => {
    expect(split.standingOfRange(ownership, range)).toBe(standing)
  })

  it.each([
    ['nothing', whole, AT, false],
    ['what will move, while it copies', copying, AT, true],
    ['nothing of what stays', copying, AT - 1, false],
    ['nothing at a new shard', receiving, AT, false],
  ] as const)('and it keeps a log of %s', (_, ownership, slot, logged) => {
    expect(split.isLogged(ownership, slot)).toBe(logged)
  })
})

describe('a new shard', () => {
  it.each([
    ['a higher number from the same shard', 'topic/0', 4, true],
    ['the same number again', 'topic/0', 3, false],
    ['a lower number', 'topic/0', 2, false],
    ['another shard', 'topic/9', 4, false],
  ])('asked to take %s', (_, parent, transfer, taken) => {
    expect(split.acceptTransfer(receiving, parent, transfer) !== null).toBe(taken)
  })

  it('takes nothing any more once it owns its slots', () => {
    const owner = split.activate(receiving, { fromSlot: AT, toSlot: 2 * AT })
    expect(split.acceptTransfer(owner, 'topic/0', 9)).toBeNull()
  })

  it('that has split itself meanwhile keeps what it has when it is activated again', () => {
    const owner = split.activate(receiving, { fromSlot: AT, toSlot: 2 * AT })
    const half = split.shrink(split.startSplit(owner, { child: 2, at: AT + 500 }))
    expect(split.activate(half, { fromSlot: AT, toSlot: 2 * AT })).toBe(half)
  })
})

describe('a shard', () => {
  const thresholds = { members: 100, callsPerSecond: 50, leastMembers: 10 }
  it.each([
    ['that is full', 100, 0, false],
    ['that is more than full', 101, 0, true],
    ['that is busy', 10, 51, true],
    ['that is busy and all but empty', 9, 51, false],
    ['that is as busy as it may be', 100, 50, false],
  ])('%s', (_, members, callsPerSecond, wants) => {
    expect(split.wantsSplit({ members, callsPerSecond }, thresholds)).toBe(wants)
  })
})
