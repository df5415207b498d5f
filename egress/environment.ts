/** What an operator configures the egress by: environment variables to options. Pure. */
import { WELL_KNOWN_HOSTS } from './allowed-hosts.ts'
import type { EgressOptions } from './server.ts'

const DEFAULT_PORT = '8788'

/**
 * - `EGRESS_KEY`: the secret that the Worker has under the same name. Required.
 * - `HOST`, `PORT`: where to listen; 127.0.0.1 and 8788.
 * - `EGRESS_ALLOWED_HOSTS`: comma list of places beside the well-known push services: `host[:port]`, `.suffix`, or an
 *   origin such as `http://127.0.0.1:8080`.
 * - `EGRESS_CONNECT_TO`: comma list of `host=address:port`, to reach a host elsewhere than where its name points.
 *
 * @throws {TypeError} saying which variable is wrong and how it should be
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): EgressOptions {
  const key = env.EGRESS_KEY ?? ''
  if (key === '') throw new TypeError('EGRESS_KEY is missing: set it to the secret that the Worker has as EGRESS_KEY.')
  const port = Number(env.PORT ?? DEFAULT_PORT)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new TypeError(`PORT is ${env.PORT}: not a port.`)
  return {
    host: env.HOST ?? '127.0.0.1',
    port,
    key,
    allowedHosts: [...WELL_KNOWN_HOSTS, ...listOf(env.EGRESS_ALLOWED_HOSTS)],
    connectTo: Object.fromEntries(listOf(env.EGRESS_CONNECT_TO).map(readRedirection)),
  }
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
