import { expect, it } from 'vitest'
import { type CallRate, countCall, NO_CALLS } from './call-rate.ts'

const START = 1_000_000

/** One call every so many milliseconds, for so long. */
function calls(everyMs: number, lastingMs: number, from = START, rate: CallRate = NO_CALLS): CallRate {
  let counted = rate
  for (let at = from; at < from + lastingMs; at += everyMs) counted = countCall(counted, at)
  return counted
}

it('knows no rate before a window is full', () => {
  expect(calls(10, 10_000).perSecond).toBe(0)
})

it('tells the rate of the last full window', () => {
  expect(calls(10, 10_001).perSecond).toBeCloseTo(100)
  expect(calls(2, 25_000).perSecond).toBeCloseTo(500)
})

it('takes a burst that fills no window for none', () => {
  expect(calls(1, 2_000).perSecond).toBe(0)
})

it('forgets the rate after a pause', () => {
  const busy = calls(10, 10_001)
  expect(countCall(busy, START + 60_000).perSecond).toBe(0)
})

it('is not confused by a clock that is set back', () => {
  expect(countCall(calls(10, 10_001), START - 5_000)).toEqual({
    windowStartedAt: START - 5_000,
    calls: 1,
    perSecond: 0,
  })
})
