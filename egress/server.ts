/**
 * The egress as an HTTP server: takes tickets, sends their requests on their way, streams the answers back. Keeps
 * nothing between tickets but connections.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSecureContext, getCACertificates } from 'node:tls'
import { decodeTicket, MalformedTicket, type WireTicket } from '../push/egress-ticket.ts'
import { DELIVER_PATH, READY_PATH, REFUSED_HEADER } from '../push/egress-wire.ts'
import { AllowedHosts } from './allowed-hosts.ts'
import { Door, NOT_FOUND, RETRY_AFTER_SECONDS, type Refusal, tooLarge } from './door.ts'
import type { Patience } from './exchange.ts'
import type { Redirections } from './open-tls.ts'
import { Pools } from './pools.ts'
import { runTicket } from './ticket.ts'

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
  /** Tickets under way at once. */
  readonly maxTickets?: number
  /** Longest body of one. */
  readonly maxTicketBytes?: number
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
  queueMs: 30_000,
  pingBusyMs: 3_000,
  pingIdleMs: 60_000,
  pongMs: 5_000,
}

/** How long a ticket's body may take to arrive. */
const UPLOAD_MS = 30_000
/** Longer than a Worker keeps an idle connection, so that none is closed under a request. */
const KEEP_ALIVE_MS = 120_000
/** For tickets under way when the egress is told to end: the deadline of an answer, and time to report it. */
const GRACE_MS = 20_000
const CLOSING_SWEEP_MS = 50

export async function startEgress(options: EgressOptions): Promise<Egress> {
  const { host = '127.0.0.1', port = 0, key, allowedHosts, connectTo = {}, ca = [], patience } = options
  const allowed = new AllowedHosts(allowedHosts)
  const secureContext = createSecureContext({ ca: [...getCACertificates('default'), ...ca], minVersion: 'TLSv1.2' })
  const pools = new Pools({ redirections: connectTo, secureContext, patience: { ...DEFAULT_PATIENCE, ...patience } })
  const door = new Door(key, options.maxTickets, options.maxTicketBytes)
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: UPLOAD_MS }, (request, response) => {
    serve(request, response, door, pools, allowed).catch((error) => {
      console.error('a ticket was dropped by mistake:', error)
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

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  door: Door,
  pools: Pools,
  allowed: AllowedHosts,
): Promise<void> {
  const route = `${request.method} ${request.url}`
  if (route === 'GET /healthz')
    return answerJson(response, 200, { status: 'ok', tickets: door.inside, pools: pools.size })
  if (route !== `GET ${READY_PATH}` && route !== `POST ${DELIVER_PATH}`) return refuse(response, NOT_FOUND)
  const refusal = door.check(request)
  if (refusal !== null) return refuse(response, refusal)
  if (request.method === 'GET') {
    response.writeHead(204).end()
    return
  }
  response.once('close', door.letIn())
  const ticket = await readTicket(request, door.maxTicketBytes)
  if (!('requests' in ticket)) return refuse(response, ticket)
  response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders()
  runTicket(ticket, response, pools, allowed)
}

async function readTicket(request: IncomingMessage, maxBytes: number): Promise<WireTicket | Refusal> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > maxBytes) return tooLarge(maxBytes)
    parts.push(part)
  }
  try {
    return decodeTicket(Buffer.concat(parts))
  } catch (error) {
    if (error instanceof MalformedTicket) return { status: 400, code: 'malformed_ticket', detail: error.message }
    throw error
  }
}

/** Says that the ticket was not touched, and ends the connection, because its body may not have been read. */
function refuse(response: ServerResponse, { status, code, detail }: Refusal): void {
  response.setHeader(REFUSED_HEADER, code)
  response.setHeader('connection', 'close')
  if (status === 429 || status === 503) response.setHeader('retry-after', RETRY_AFTER_SECONDS)
  answerJson(response, status, { code, detail })
}

function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
