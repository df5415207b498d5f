/** Reads the flags of `npm run bench`. Pure: text in, values out. */
import { parseArgs } from 'node:util'
import { FlagError } from '../dev/flags.ts'

export interface BenchFlags {
  readonly quick: boolean
  /** Names of scenarios; empty: all. */
  readonly only: readonly string[]
  readonly help: boolean
}

/** @param names of the scenarios that there are @throws FlagError */
export function parseBenchFlags(args: readonly string[], names: readonly string[]): BenchFlags {
  const { quick = false, only = [], help = false } = parse(args)
  const unknown = only.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new FlagError(`there is no benchmark '${unknown}'; there are ${names.join(', ')}`)
  return { quick, only, help }
}

function parse(args: readonly string[]) {
  const options = {
    quick: { type: 'boolean' },
    only: { type: 'string', multiple: true },
    help: { type: 'boolean' },
  } as const
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new FlagError(error.message.split(/\.\s/)[0]!)
  }
}
