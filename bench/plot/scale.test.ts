import { describe, expect, it } from 'vitest'
import { linearScale, logScale, measuredScale, roundStep } from './scale.ts'

describe('a round step', () => {
  it.each([
    { length: 5, mostSteps: 5, is: 1 },
    { length: 5.1, mostSteps: 5, is: 2 },
    { length: 31_646, mostSteps: 5, is: 10_000 },
    { length: 0.05, mostSteps: 5, is: 0.01 },
    { length: 512, mostSteps: 5, is: 200 },
    { length: 1, mostSteps: 1, is: 1 },
  ])('of at most $mostSteps to $length is $is', ({ length, mostSteps, is }) => {
    expect(roundStep(length, mostSteps)).toBeCloseTo(is, 10)
  })
})

describe('a linear axis', () => {
  it.each([
    { values: [3], ticks: [0, 1, 2, 3] },
    { values: [12_000, 31_646], ticks: [0, 10_000, 20_000, 30_000, 40_000] },
    { values: [0.018, 0.05], ticks: [0, 0.01, 0.02, 0.03, 0.04, 0.05] },
    { values: [0.3], ticks: [0, 0.1, 0.2, 0.3] },
    { values: [420, 512], ticks: [0, 200, 400, 600] },
  ])('of $values names $ticks', ({ values, ticks }) => {
    expect(linearScale(values).ticks).toEqual(ticks)
  })

  it('begins at 0 and ends at its last tick', () => {
    const { at, ticks } = linearScale([7.3])
    expect(at(0)).toBe(0)
    expect(at(ticks.at(-1)!)).toBe(1)
    expect(at(4)).toBe(0.5)
  })
})

describe('a logarithmic axis', () => {
  it('names the powers of ten that hold everything', () => {
    expect(logScale([38, 31_646]).ticks).toEqual([10, 100, 1_000, 10_000, 100_000])
  })

  it('gives every factor of ten the same length', () => {
    const { at } = logScale([1, 1000])
    expect([1, 10, 100, 1000].map(at)).toEqual([0, 1 / 3, 2 / 3, 1].map((share) => expect.closeTo(share, 10)))
  })

  it('has a length even for one round value', () => {
    expect(logScale([100]).ticks).toEqual([100, 1000])
  })

  it('names fractions without noise', () => {
    expect(logScale([0.001, 0.5]).ticks).toEqual([0.001, 0.01, 0.1, 1])
  })
})

describe('an axis of what was measured', () => {
  it('names nothing else', () => {
    const { at, ticks } = measuredScale([10_000, 100_000, 1_000_000])
    expect(ticks).toEqual([10_000, 100_000, 1_000_000])
    expect(ticks.map(at)).toEqual([0, 0.5, 1].map((share) => expect.closeTo(share, 10)))
  })

  it('puts a single size into the middle', () => {
    expect(measuredScale([10_000]).at(10_000)).toBe(0.5)
  })
})
