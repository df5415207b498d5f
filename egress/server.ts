/**
 * The egress as a server: how it is put together, how it starts and how it ends. What it answers is routes.ts. Keeps
 * nothing between tickets but connections and counts.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSecureContext, getCACertificates } from 'node:tls'
import { AllowedHosts } from './allowed-hosts.ts'
import { Door, type Limits } from './door.ts'
import type { Patience } from './exchange.ts'
import type { Redirections } from './open-tls.ts'
import { Pools } from './pools.ts'
import { type Surroundings, serve } from './routes.ts'
import { Tally } from './tally.ts'

export interface EgressOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: any. */
  readonly port?: number
  /** `EGRESS_KEY`: what the Worker proves itself by. */
  readonly key: string
  /** See {@link AllowedHosts}. */
  readonly allowedHosts: readonly string[]
  /** `host[:port]` as in the URL → `address:port` to connect to in its place. */
  readonly connectTo?: Redirections
  /** PEM of authorities to trust beside Node's own and those of NODE_EXTRA_CA_CERTS. */
  readonly ca?: readonly string[]
  readonly patience?: Partial<Patience>
  readonly limits?: Limits
  /** Connection pools: one for each credential and origin. */
  readonly maxPools?: number
}

export interface Egress {
  /** `http://host:port` */
  readonly url: string
  /** Takes no new tickets and starts no new requests, lets those under way finish, then ends. */
  close(): Promise<void>
}

const DEFAULT_PATIENCE: Patience = {
  connectMs: 10_000,
  answerMs: 10_000,
  crowdedMs: 500,
  queueMs: 30_000,
  pingBusyMs: 3_000,
  pingIdleMs: 60_000,
  pongMs: 5_000,
  spareIdleMs: 60_000,
  lastIdleMs: 3_600_000,
}

/** How long a ticket's head and its body may take to arrive. */
const HEAD_MS = 10_000
const UPLOAD_MS = 30_000
/** Longer than a Worker keeps an idle connection, so that none is closed under a request. */
const KEEP_ALIVE_MS = 120_000
/** For tickets under way when the egress is told to end: the deadline of an answer, and time to report it. */
const GRACE_MS = 20_000
const CLOSING_SWEEP_MS = 50

export async function startEgress(options: EgressOptions): Promise<Egress> {
  const { host = '127.0.0.1', port = 0 } = options
  const around = furnish(options)
  const { door, pools } = around
  const timeouts = { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: UPLOAD_MS, headersTimeout: HEAD_MS }
  const server = createServer(timeouts, (request, response) => {
    serve(request, response, around).catch((error) => {
      console.error('a request was dropped:', error)
      response.destroy()
    })
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`,
    async close() {
      door.close()
      pools.end()
      const closed = once(server, 'close')
      server.close()
      // Connections become idle one by one as their tickets end; nobody but us would close them.
      const sweep = setInterval(() => server.closeIdleConnections(), CLOSING_SWEEP_MS)
      const grace = setTimeout(() => server.closeAllConnections(), GRACE_MS)
      await closed
      clearInterval(sweep)
      clearTimeout(grace)
      pools.destroy()
    },
  }
}

function furnish({
  key,
  allowedHosts,
  connectTo = {},
  ca = [],
  patience,
  limits,
  maxPools,
}: EgressOptions): Surroundings {
  const tally = new Tally()
  const secureContext = createSecureContext({ ca: [...getCACertificates('default'), ...ca], minVersion: 'TLSv1.2' })
  const pools = new Pools({
    redirections: connectTo,
    secureContext,
    patience: { ...DEFAULT_PATIENCE, ...patience },
    tally,
    maxPools,
  })
  return { door: new Door(key, limits), pools, allowed: new AllowedHosts(allowedHosts), tally }
}
