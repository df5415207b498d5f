import { describe, expect, it } from 'vitest'
import { FlagError } from '../dev/flags.ts'
import { parseBenchFlags } from './flags.ts'

const NAMES = ['import', 'cost']

describe('the flags of the benchmarks', () => {
  it.each([
    { args: [], flags: { quick: false, only: [], help: false } },
    { args: ['--quick'], flags: { quick: true, only: [], help: false } },
    { args: ['--only', 'cost', '--only=import'], flags: { quick: false, only: ['cost', 'import'], help: false } },
    { args: ['--help'], flags: { quick: false, only: [], help: true } },
  ])('are read from $args', ({ args, flags }) => {
    expect(parseBenchFlags(args, NAMES)).toEqual(flags)
  })

  it.each([
    { args: ['--only', 'lunch'], says: "there is no benchmark 'lunch'; there are import, cost" },
    { args: ['--fast'], says: "Unknown option '--fast'" },
    { args: ['cost'], says: "Unexpected argument 'cost'" },
  ])('say what is wrong with $args', ({ args, says }) => {
    expect(() => parseBenchFlags(args, NAMES)).toThrow(FlagError)
    expect(() => parseBenchFlags(args, NAMES)).toThrow(says)
  })
})
