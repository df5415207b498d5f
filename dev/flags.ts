/**
 * Reads the flags of `npm start` and `npm run dev`, and has what the flags of other commands need. Pure: text in,
 * values out; a wrong flag is a {@link FlagError} whose message says what was expected.
 */
import { parseArgs } from 'node:util'

/** A command line that cannot be understood. Ends the command with exit code 2. */
export class FlagError extends Error {}

export interface DevFlags {
  readonly port: number
  readonly ip: string
  /** Directory of the local state; undefined: the one that `wrangler dev` uses too. */
  readonly persistTo: string | undefined
  /** Worker variables by name; the last of several wins. */
  readonly vars: Readonly<Record<string, string>>
  readonly help: boolean
}

export interface StartFlags {
  /** End after the ledger instead of staying up. */
  readonly exit: boolean
  readonly devices: number
  readonly help: boolean
}

/** As in wrangler.toml and in the contract with `wrangler dev`. */
export const DEFAULT_PORT = 8787
const LARGEST_PORT = 65_535
const DEFAULT_IP = '127.0.0.1'
const DEFAULT_DEVICES = 10_000
/** The simulators keep every address in memory; beyond this a laptop would swap before it pushes. */
const MOST_DEVICES = 2_000_000

const VAR_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Reads the flags that `wrangler dev` has too: `--var A:1 B:2`, `--var A:1 --var B:2` and `--var=A:1` are the same. */
export function parseDevFlags(args: readonly string[]): DevFlags {
  const { values, positionals } = readOptions(args, {
    port: { type: 'string' },
    ip: { type: 'string' },
    'persist-to': { type: 'string' },
    var: { type: 'string', multiple: true },
    help: { type: 'boolean' },
  })
  const given = [...((values.var as string[] | undefined) ?? []), ...positionals]
  if (positionals.length > 0 && values.var === undefined) throw unexpected(positionals[0]!)
  return {
    port: parseWhole('--port', values.port, DEFAULT_PORT, 0, LARGEST_PORT),
    ip: notEmpty('--ip', values.ip) ?? DEFAULT_IP,
    persistTo: notEmpty('--persist-to', values['persist-to']),
    vars: Object.fromEntries(given.map(parseVar)),
    help: values.help === true,
  }
}

export function parseStartFlags(args: readonly string[]): StartFlags {
  const { values, positionals } = readOptions(args, {
    exit: { type: 'boolean' },
    devices: { type: 'string' },
    help: { type: 'boolean' },
  })
  if (positionals.length > 0) throw unexpected(positionals[0]!)
  return {
    exit: values.exit === true,
    devices: parseWhole('--devices', values.devices, DEFAULT_DEVICES, 1, MOST_DEVICES),
    help: values.help === true,
  }
}

type Options = Record<string, { type: 'string' | 'boolean'; multiple?: boolean }>
type Value = string | boolean | (string | boolean)[] | undefined

/** `parseArgs` with messages for people. @throws FlagError */
export function readOptions(
  args: readonly string[],
  options: Options,
): { values: Record<string, Value>; positionals: string[] } {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    // Node adds advice about positional arguments, which these commands do not have.
    throw new FlagError(error.message.split(/\.\s/)[0]!)
  }
}

/** @param flag for the message @throws FlagError */
export function parseWhole(flag: string, value: Value, fallback: number, least: number, most: number): number {
  if (value === undefined) return fallback
  const number = Number(value)
  if (/^\d+$/.test(String(value)) && number >= least && number <= most) return number
  throw new FlagError(`${flag} wants a whole number from ${least} to ${most}, not '${value}'`)
}

function notEmpty(flag: string, value: Value): string | undefined {
  if (value === '') throw new FlagError(`${flag} wants a value`)
  return value as string | undefined
}

function parseVar(text: string): [name: string, value: string] {
  const colon = text.indexOf(':')
  const name = text.slice(0, colon)
  if (colon > 0 && VAR_NAME.test(name)) return [name, text.slice(colon + 1)]
  throw new FlagError(`--var wants NAME:VALUE, not '${text}'`)
}

export function unexpected(argument: string): FlagError {
  return new FlagError(`'${argument}' is not a flag of this command`)
}
