import { describe, expect, it } from 'vitest'
import { SLOT_COUNT, slotOf } from './slot.ts'

describe('slots', () => {
  it.each([
    // Computed by another implementation of MurmurHash3. Stored rows depend on them: a change here loses subscribers.
    [{ userId: 'user-1', deviceId: 'dev_a' }, 164155448],
    [{ userId: null, deviceId: 'dev_a' }, 735949600],
    [{ userId: 'Zoë', deviceId: 'dev_a' }, 2606992200],
  ])('are frozen: %o', (device, slot) => {
    expect(slotOf(device)).toBe(slot)
  })

  it('are the same for all devices of a user', () => {
    expect(slotOf({ userId: 'u', deviceId: 'a' })).toBe(slotOf({ userId: 'u', deviceId: 'b' }))
  })

  it('do not confuse a user with a device of the same name', () => {
    expect(slotOf({ userId: 'x', deviceId: 'y' })).not.toBe(slotOf({ userId: null, deviceId: 'x' }))
  })

  it('spread evenly', () => {
    const buckets = new Array<number>(16).fill(0)
    for (let i = 0; i < 16_000; i++)
      buckets[Math.floor(slotOf({ userId: `${i}`, deviceId: '' }) / (SLOT_COUNT / 16))]!++
    for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })
})
