import { describe, expect, it } from 'vitest'
import { difference } from '../metered/tally.ts'
import { priceUsage, showArithmetic, total, type Usage } from './prices.ts'

/** A round fan-out to 1,000 devices. */
const USAGE: Usage = {
  pushes: 1_000,
  workerRequests: 1,
  queueWrites: 2,
  queueReads: 2,
  queueDeletes: 2,
  objectRequests: 8,
  objectRowsRead: 1_000,
  objectRowsWritten: 6,
  d1RowsRead: 10,
  d1RowsWritten: 0,
  cpuMs: 300,
  objectSeconds: 0.5,
}

describe('the price of a million pushes', () => {
  it('adds up what was used, at list prices', () => {
    const dollars = Object.fromEntries(priceUsage(USAGE).map((line) => [line.meter, line.dollars]))
    expect(dollars).toEqual({
      'queue operations': expect.closeTo(0.0024),
      'Worker requests': expect.closeTo(0.0003),
      'Worker CPU ms': expect.closeTo(0.006),
      'object requests': expect.closeTo(0.0012),
      'object GB-s': expect.closeTo(0.0008),
      'object rows read': expect.closeTo(0.001),
      'object rows written': expect.closeTo(0.006),
      'D1 rows read': expect.closeTo(0.00001),
      'D1 rows written': 0,
    })
    expect(total(priceUsage(USAGE))).toBeCloseTo(0.01771, 5)
  })

  it('shows how it was reckoned', () => {
    expect(showArithmetic(priceUsage(USAGE)).split('; ')[0]).toBe('queue operations 6,000 × $0.4/M = $0.0024')
  })
})

describe('the difference of two tallies', () => {
  it('is what came to pass between them', () => {
    expect(difference<Record<string, number>>({ a: 5, b: 1, c: 2 }, { a: 3, b: 1 })).toEqual({ a: 2, b: 0, c: 2 })
  })
})
