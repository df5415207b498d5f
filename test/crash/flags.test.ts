import { describe, expect, it } from 'vitest'
import { FlagError } from '../../dev/flags.ts'
import { parseCrashFlags } from './flags.ts'

describe('the flags of the crash test', () => {
  it('have defaults, and smaller ones for a quick run', () => {
    expect(parseCrashFlags([], 5)).toEqual({ kills: 48, devices: 20_000, seed: 5, help: false })
    expect(parseCrashFlags(['--quick'], 5)).toMatchObject({ kills: 4, devices: 2_000 })
  })

  it('set sizes and the seed', () => {
    const args = ['--quick', '--kills', '9', '--devices', '10', '--seed', '0']
    expect(parseCrashFlags(args, 5)).toMatchObject({ kills: 9, devices: 10, seed: 0 })
  })

  it.each([[['--kills', '0']], [['--devices', 'many']], [['--seed', '-1']], [['--fast']], [['now']]])(
    'refuse %j',
    (args) => {
      expect(() => parseCrashFlags(args, 5)).toThrow(FlagError)
    },
  )
})
