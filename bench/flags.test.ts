import { describe, expect, it } from 'vitest'
import { FlagError } from '../dev/flags.ts'
import { parseBenchFlags } from './flags.ts'

const NAMES = ['import', 'cost']

describe('the flags of the benchmarks', () => {
  it.each([
    { args: [], flags: {} },
    { args: ['--quick'], flags: { quick: true } },
    { args: ['--only', 'cost', '--only=import'], flags: { only: ['cost', 'import'] } },
    { args: ['--growth-devices', '10000,100000'], flags: { growthDevices: [10_000, 100_000] } },
    { args: ['--help'], flags: { help: true } },
  ])('are read from $args', ({ args, flags }) => {
    const usual = { quick: false, only: [], growthDevices: null, help: false }
    expect(parseBenchFlags(args, NAMES)).toEqual({ ...usual, ...flags })
  })

  it.each([
    { args: ['--only', 'lunch'], says: "there is no benchmark 'lunch'; there are import, cost" },
    { args: ['--fast'], says: "Unknown option '--fast'" },
    { args: ['--growth-devices', '10k'], says: "like 10000,100000, not '10k'" },
    { args: ['--growth-devices', '0'], says: "not '0'" },
    { args: ['cost'], says: "Unexpected argument 'cost'" },
  ])('say what is wrong with $args', ({ args, says }) => {
    expect(() => parseBenchFlags(args, NAMES)).toThrow(FlagError)
    expect(() => parseBenchFlags(args, NAMES)).toThrow(says)
  })
})
