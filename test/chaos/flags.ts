/** Reads the flags of `npm run test:chaos`. Pure: text in, values out. */
import { FlagError, parseWhole, readOptions, unexpected } from '../../dev/flags.ts'

export interface ChaosFlags {
  readonly devices: number
  /** A few scenes with few devices. */
  readonly quick: boolean
  readonly wayOut: 'egress' | 'direct'
  /** Parts of names of scenes; empty: all. */
  readonly only: readonly string[]
  readonly help: boolean
}

const DEFAULT_DEVICES = 20_000
const QUICK_DEVICES = 2_000
/** The simulators keep every arrival with its payload. */
const MOST_DEVICES = 500_000

/** @param names of the scenes that there are @throws FlagError */
export function parseChaosFlags(args: readonly string[], names: readonly string[]): ChaosFlags {
  const { values, positionals } = readOptions(args, {
    devices: { type: 'string' },
    'way-out': { type: 'string' },
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean' },
    help: { type: 'boolean' },
  })
  if (positionals.length > 0) throw unexpected(positionals[0]!)
  const { 'way-out': wayOut = 'egress', only = [] } = values as { 'way-out'?: string; only?: string[] }
  if (wayOut !== 'egress' && wayOut !== 'direct') {
    throw new FlagError(`--way-out wants egress or direct, not '${wayOut}'`)
  }
  const unknown = only.find((part) => !names.some((name) => name.includes(part)))
  if (unknown !== undefined) throw new FlagError(`no scene is called '${unknown}'; there are: ${names.join('; ')}`)
  const quick = values.quick === true
  return {
    devices: parseWhole('--devices', values.devices, quick ? QUICK_DEVICES : DEFAULT_DEVICES, 1, MOST_DEVICES),
    quick,
    wayOut,
    only,
    help: values.help === true,
  }
}
