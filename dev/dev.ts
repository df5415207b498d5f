/**
 * `npm run dev`: the platform alone, with the real push services unless told otherwise. Flags as `wrangler dev`.
 */
import { join, resolve } from 'node:path'
import { isLoopback } from '../push/loopback.ts'
import { endOnSignals, fail, Openings, readFlags } from './command.ts'
import { parseDevFlags } from './flags.ts'
import { type Platform, startPlatform } from './platform.ts'
import { ROOT } from './root.ts'

const USAGE = `Usage: npm run dev -- [flags]

  --port N           port of the API (8787; 0 is any free one)
  --ip A             address to listen on (127.0.0.1); with another one, plain HTTP
                     is answered to the network
  --persist-to DIR   where the state is kept (.wrangler/state)
  --var NAME:VALUE   a variable or secret of the Worker; any number of times.
                     --var EGRESS_URL: sends pushes directly from the Worker`

/** Who listens on another address means it, and has no certificate. */
const OPEN_TO_THE_NETWORK = { ALLOW_HTTP: 'true' }

const flags = readFlags(parseDevFlags, USAGE)
const openings = new Openings()
// Being stopped is how this command ends well.
endOnSignals(openings, () => 0)

try {
  const platform = await startPlatform({
    host: flags.ip,
    port: flags.port,
    persistTo: flags.persistTo === undefined ? join(ROOT, '.wrangler', 'state') : resolve(flags.persistTo),
    vars: { ...(isLoopback(flags.ip) ? {} : OPEN_TO_THE_NETWORK), ...flags.vars },
  })
  openings.add(platform)
  console.log(describe(platform))
} catch (error) {
  await openings.close()
  fail(error)
}

function describe({ url, rootKey, rootKeyMade, egressUrl }: Platform): string {
  const key = rootKeyMade ? rootKey : '$ROOT_KEY'
  return `
Fanfare is at ${url}

  reference   ${url}/docs
  root key    ${rootKeyMade ? rootKey : 'the one you gave'}
  pushes      ${egressUrl === null ? 'leave directly from the Worker, or through the egress you named' : `leave through the egress at ${egressUrl}`}

Make an app:

  curl ${url}/v1/apps -H 'Authorization: Bearer ${key}' \\
    -H 'Content-Type: application/json' -d '{"name":"My app"}'

Ctrl-C ends it; the state stays.`
}
