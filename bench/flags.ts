/** Reads the flags of `npm run bench`. Pure: text in, values out. */
import { parseArgs } from 'node:util'
import { FlagError } from '../dev/flags.ts'

export interface BenchFlags {
  readonly quick: boolean
  /** Names of scenarios; empty: all. */
  readonly only: readonly string[]
  /** Devices of one topic as it grows; null: as many as there usually are. */
  readonly growthDevices: readonly number[] | null
  readonly help: boolean
}

/** @param names of the scenarios that there are @throws FlagError */
export function parseBenchFlags(args: readonly string[], names: readonly string[]): BenchFlags {
  const { quick = false, only = [], 'growth-devices': sizes, help = false } = parse(args)
  const unknown = only.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new FlagError(`there is no benchmark '${unknown}'; there are ${names.join(', ')}`)
  return { quick, only, growthDevices: sizes === undefined ? null : parseSizes(sizes), help }
}

function parseSizes(list: string): number[] {
  const sizes = list.split(',')
  if (sizes.every((size) => /^[1-9]\d{0,6}$/.test(size))) return sizes.map(Number)
  throw new FlagError(`--growth-devices wants numbers below ten million, like 10000,100000, not '${list}'`)
}

function parse(args: readonly string[]) {
  const options = {
    quick: { type: 'boolean' },
    only: { type: 'string', multiple: true },
    'growth-devices': { type: 'string' },
    help: { type: 'boolean' },
  } as const
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new FlagError(error.message.split(/\.\s/)[0]!)
  }
}
