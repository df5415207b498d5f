/** Reads the flags of `npm run test:crash`. Pure: text in, values out. */
import { parseWhole, readOptions, unexpected } from '../../dev/flags.ts'

export interface CrashFlags {
  readonly kills: number
  readonly devices: number
  readonly seed: number
  readonly help: boolean
}

const DEFAULT_KILLS = 48
/** One a way to send. */
const QUICK_KILLS = 4
const MOST_KILLS = 10_000
const DEFAULT_DEVICES = 20_000
const QUICK_DEVICES = 2_000
/** The simulators keep every arrival with its payload. */
const MOST_DEVICES = 500_000
const LARGEST_SEED = 2 ** 31 - 1

/** @param seed when none is given @throws FlagError */
export function parseCrashFlags(args: readonly string[], seed: number): CrashFlags {
  const { values, positionals } = readOptions(args, {
    kills: { type: 'string' },
    devices: { type: 'string' },
    seed: { type: 'string' },
    quick: { type: 'boolean' },
    help: { type: 'boolean' },
  })
  if (positionals.length > 0) throw unexpected(positionals[0]!)
  const [kills, devices] = values.quick === true ? [QUICK_KILLS, QUICK_DEVICES] : [DEFAULT_KILLS, DEFAULT_DEVICES]
  return {
    kills: parseWhole('--kills', values.kills, kills, 1, MOST_KILLS),
    devices: parseWhole('--devices', values.devices, devices, 1, MOST_DEVICES),
    seed: parseWhole('--seed', values.seed, seed, 0, LARGEST_SEED),
    help: values.help === true,
  }
}
