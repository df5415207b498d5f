/** What an operator configures the egress by: environment variables to options. Pure. */
import { WELL_KNOWN_HOSTS } from './allowed-hosts.ts'
import { DEFAULT_MAX_HELD_BYTES, DEFAULT_MAX_TICKETS } from './door.ts'
import type { EgressOptions } from './server.ts'

const DEFAULT_PORT = 8788
const HIGHEST_PORT = 65_535
const BYTES_PER_MIB = 1024 * 1024

type Environment = Readonly<Record<string, string | undefined>>

/**
 * - `EGRESS_KEY`: the secret that the Worker has under the same name. Required.
 * - `HOST`, `PORT`: where to listen; 127.0.0.1 and 8788.
 * - `EGRESS_ALLOWED_HOSTS`: comma list of places beside the well-known push services: `host[:port]`, `.suffix`, or an
 *   origin such as `http://127.0.0.1:8080`.
 * - `EGRESS_CONNECT_TO`: comma list of `host=address:port`, to reach a host elsewhere than where its name points.
 * - `EGRESS_MAX_TICKETS`, `EGRESS_MAX_HELD_MIB`: what it holds at once before it refuses; 64 tickets and 128 MiB.
 *
 * @throws {TypeError} saying which variable is wrong and how it should be
 */
export function readEnvironment(env: Environment): EgressOptions {
  const key = env.EGRESS_KEY ?? ''
  if (key === '') throw new TypeError('EGRESS_KEY is missing: set it to the secret that the Worker has as EGRESS_KEY.')
  const heldMib = readWhole(env, 'EGRESS_MAX_HELD_MIB', DEFAULT_MAX_HELD_BYTES / BYTES_PER_MIB, 1)
  return {
    host: env.HOST ?? '127.0.0.1',
    port: readWhole(env, 'PORT', DEFAULT_PORT, 0, HIGHEST_PORT),
    key,
    limits: {
      maxTickets: readWhole(env, 'EGRESS_MAX_TICKETS', DEFAULT_MAX_TICKETS, 1),
      maxHeldBytes: heldMib * BYTES_PER_MIB,
    },
    allowedHosts: [...WELL_KNOWN_HOSTS, ...listOf(env.EGRESS_ALLOWED_HOSTS)],
    connectTo: Object.fromEntries(listOf(env.EGRESS_CONNECT_TO).map(readRedirection)),
  }
}

function readWhole(
  env: Environment,
  name: string,
  otherwise: number,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  const value = Number(env[name] ?? otherwise)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new TypeError(`${name} is ${env[name]}: write a whole number, ${least} or more.`)
}

function listOf(text = ''): string[] {
  const entries = text.split(',').map((entry) => entry.trim())
  return entries.filter((entry) => entry !== '')
}

function readRedirection(entry: string): [host: string, address: string] {
  const [host, address, ...more] = entry.split('=')
  if (!host || !address || more.length > 0 || !/:\d+$/.test(address)) {
    throw new TypeError(`EGRESS_CONNECT_TO has ${JSON.stringify(entry)}: write host=address:port.`)
  }
  return [host, address]
}
