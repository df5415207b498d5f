import { describe, expect, it } from 'vitest'
import { writeCount, writeDollars, writeMs } from './numbers.ts'

describe('how a number is written', () => {
  it.each([
    { value: 0, is: '0' },
    { value: 600, is: '600' },
    { value: 2_500, is: '2.5k' },
    { value: 10_000, is: '10k' },
    { value: 1_000_000, is: '1M' },
    { value: 0.5, is: '0.5' },
  ])('of $value is $is', ({ value, is }) => {
    expect(writeCount(value)).toBe(is)
  })

  it.each([
    { value: 0, is: '$0.00' },
    { value: 0.05, is: '$0.05' },
    { value: 0.005, is: '$0.005' },
  ])('of $value dollars is $is', ({ value, is }) => {
    expect(writeDollars(value)).toBe(is)
  })

  it.each([
    { value: 0, is: '0 ms' },
    { value: 0.1, is: '0.1 ms' },
    { value: 1000, is: '1,000 ms' },
  ])('of $value milliseconds is $is', ({ value, is }) => {
    expect(writeMs(value)).toBe(is)
  })
})
