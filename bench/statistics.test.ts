import { describe, expect, it } from 'vitest'
import { compare, median, percentile } from './statistics.ts'

describe('median', () => {
  it.each([
    { values: [7], is: 7 },
    { values: [3, 1, 2], is: 2 },
    { values: [4, 1, 3, 2], is: 2.5 },
    { values: [100, 9, 10], is: 10 },
  ])('of $values is $is', ({ values, is }) => {
    expect(median(values)).toBe(is)
  })

  it('does not exist of nothing', () => {
    expect(() => median([])).toThrow(RangeError)
  })

  it('leaves its argument as it is', () => {
    const values = [3, 1, 2]
    median(values)
    expect(values).toEqual([3, 1, 2])
  })
})

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)

  it.each([
    { share: 0.5, is: 50 },
    { share: 0.95, is: 95 },
    { share: 0.99, is: 99 },
    { share: 1, is: 100 },
  ])('$share of 1 to 100 is $is', ({ share, is }) => {
    expect(percentile(hundred, share)).toBe(is)
  })

  it('of few values is one of them', () => {
    expect(percentile([5, 1, 9], 0.99)).toBe(9)
    expect(percentile([5, 1, 9], 0.01)).toBe(1)
  })

  it('does not exist of nothing', () => {
    expect(() => percentile([], 0.5)).toThrow(RangeError)
  })
})

describe('compare', () => {
  it('puts each pair into relation, and takes the middle one', () => {
    expect(compare([90, 100, 80], [100, 100, 160])).toEqual({ typical: 0.9, byPair: [0.9, 1, 0.5] })
  })

  it('does not mind a machine that becomes slower from round to round', () => {
    expect(compare([180, 90, 45], [200, 100, 50]).typical).toBe(0.9)
  })

  it('refuses runs without a partner', () => {
    expect(() => compare([1, 2], [1])).toThrow(RangeError)
  })
})
