import { describe, expect, it } from 'vitest'
import { FlagError } from '../../dev/flags.ts'
import { parseChaosFlags } from './flags.ts'

const NAMES = ['FCM hangs', '5 % 503']

describe('the flags of the chaos test', () => {
  it('have defaults, and fewer devices for a quick run', () => {
    const defaults = { devices: 20_000, quick: false, wayOut: 'egress', only: [], help: false }
    expect(parseChaosFlags([], NAMES)).toEqual(defaults)
    expect(parseChaosFlags(['--quick'], NAMES)).toMatchObject({ devices: 2_000, quick: true })
  })

  it('choose scenes and the way out', () => {
    const args = ['--only', 'hangs', '--way-out', 'direct', '--devices', '7']
    expect(parseChaosFlags(args, NAMES)).toMatchObject({ only: ['hangs'], wayOut: 'direct', devices: 7 })
  })

  it.each([[['--only', 'rain']], [['--way-out', 'mail']], [['--devices', '0']], [['--fast']], [['now']]])(
    'refuse %j',
    (args) => {
      expect(() => parseChaosFlags(args, NAMES)).toThrow(FlagError)
    },
  )
})
