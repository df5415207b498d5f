import { describe, expect, it } from 'vitest'
import { periodAt } from './limit-window.ts'

describe('a window', () => {
  it.each([
    ['the first one', null, 25, { startsAt: 20, isNew: true }],
    ['the same one', 20, 29, { startsAt: 20, isNew: false }],
    ['the next one', 20, 30, { startsAt: 30, isNew: true }],
    ['one long after', 20, 999, { startsAt: 990, isNew: true }],
    ['a clock that was set back a little: the one that has begun', 30, 29, { startsAt: 30, isNew: false }],
    ['a clock that was set back by far: what was counted moves with it', 500, 29, { startsAt: 20, isNew: false }],
  ])('is %s', (_what, kept, now, period) => {
    expect(periodAt(kept, 10, now)).toEqual(period)
  })
})
