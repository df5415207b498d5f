/**
 * A push service over HTTP/1.1 that does with each request what its path says. Both ways out are held to the same
 * table of it.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ScriptedService {
  /** `http://127.0.0.1:port` */
  readonly origin: string
  /** Bodies by path, in the order of arrival. */
  readonly bodies: Map<string, string[]>
  readonly connections: () => number
  close(): Promise<void>
}

type Act = (response: ServerResponse, request: IncomingMessage, body: string) => void

/** What the service does with a request whose path begins so; anything else is accepted. */
function script(): Readonly<Record<string, Act>> {
  const crowd = new Crowd()
  return {
    '/created': (response) => response.writeHead(201, { location: '/x' }).end(),
    '/limited': (response) => {
      response.writeHead(429, { 'retry-after': '7', 'content-type': 'application/json', 'x-wns-status': 'dropped' })
      response.end('{"reason":"TooManyRequests"}')
    },
    '/gone': (response) => response.writeHead(410, { 'content-length': 25 }).end('{"reason":"Unregistered"}'),
    '/long': (response) => response.writeHead(500, { 'content-type': 'text/html' }).end('x'.repeat(1_000_000)),
    '/redirect': (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    '/hang': () => undefined,
    '/lost': (_, { socket }) => socket.destroy(),
    '/half': (response, { socket }) => {
      response.writeHead(400, { 'content-length': 100 })
      response.write('{"reason":', () => socket.destroy())
    },
    '/echo': (response, { method, headers }, body) => {
      const { authorization, 'apns-id': apnsId } = headers
      response.writeHead(400).end(JSON.stringify({ method, authorization, apnsId, body }))
    },
    '/connection': (response, { socket }) => response.writeHead(400).end(String(socket.remotePort)),
    '/crowd': (response) => crowd.join(response),
    '/most': (response) => response.writeHead(400).end(String(crowd.most)),
  }
}

const CROWD = 6
/** Long enough that a seventh, which must not come, would have come. */
const CROWD_MS = 30

/** Answers nobody until there are six, and remembers how many there were at most. */
class Crowd {
  most = 0
  #waiting: ServerResponse[] = []

  join(response: ServerResponse): void {
    this.#waiting.push(response)
    this.most = Math.max(this.most, this.#waiting.length)
    if (this.#waiting.length === CROWD) setTimeout(() => this.#answerAll(), CROWD_MS)
  }

  #answerAll(): void {
    for (const response of this.#waiting.splice(0)) response.writeHead(200).end()
  }
}

function listenerFor(bodies: Map<string, string[]>): RequestListener {
  const acts = Object.entries(script())
  return async (request, response) => {
    let body = ''
    for await (const part of request) body += part
    const path = request.url ?? ''
    bodies.set(path, [...(bodies.get(path) ?? []), body])
    const act = acts.find(([start]) => path.startsWith(start))?.[1]
    if (act) act(response, request, body)
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{"name":"projects/p/messages/1"}')
  }
}

export async function startScriptedService(
  make: (listener: RequestListener) => Server = createServer,
): Promise<ScriptedService> {
  const bodies = new Map<string, string[]>()
  let connections = 0
  const server = make(listenerFor(bodies))
  server.on('connection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    connections: () => connections,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
