/**
 * HTTP/1.1 with a bounded number of kept connections: for plain `http:` bases, and for hosts that do not speak HTTP/2.
 * One request at a time on each connection; no pipelining, no retries.
 */
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { SecureContext, TLSSocket } from 'node:tls'
import type { Carrier, CarrierOwner, Exchange, Patience } from './exchange.ts'
import { serverNameOf, type Target } from './open-tls.ts'
import { Reply } from './reply.ts'

/** Connections to one origin: what a server of modest size takes without complaint. */
const MAX_SOCKETS = 64

export class Http1Carrier implements Carrier {
  readonly #target: Target
  readonly #isSecure: boolean
  readonly #owner: CarrierOwner
  readonly #patience: Patience
  readonly #agent: HttpAgent
  /** In the order in which they were started, which is the order of their deadlines. */
  readonly #calls = new Set<Call>()
  #isOpen = true
  #idleSince: number | null

  /** @param secureContext null for plain http */
  constructor(
    target: Target,
    secureContext: SecureContext | null,
    owner: CarrierOwner,
    patience: Patience,
    now: number,
  ) {
    this.#target = target
    this.#isSecure = secureContext !== null
    this.#owner = owner
    this.#patience = patience
    this.#idleSince = now
    const sockets = { keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: MAX_SOCKETS }
    this.#agent = secureContext === null ? new HttpAgent(sockets) : new HttpsAgent({ ...sockets, secureContext })
  }

  get room(): number {
    return this.#isOpen ? MAX_SOCKETS - this.#calls.size : 0
  }

  get underWay(): number {
    return this.#calls.size
  }

  get connections(): number {
    return countSockets(this.#agent.sockets) + countSockets(this.#agent.freeSockets)
  }

  get idleSince(): number | null {
    return this.#idleSince
  }

  start(exchange: Exchange, now: number): void {
    const call = new Call(this.#request(exchange), exchange, now)
    this.#calls.add(call)
    this.#idleSince = null
    call.request.once('close', () => {
      this.#calls.delete(call)
      if (this.#calls.size === 0) this.#idleSince = performance.now()
      if (this.#isOpen) this.#owner.onRoom()
      else this.#endIfDone()
    })
    call.request.end(exchange.body)
  }

  sweep(now: number): void {
    for (const call of this.#calls) {
      if (now - call.startedAt < Math.min(this.#patience.answerMs, this.#patience.connectMs)) break
      call.expire(now - call.startedAt, this.#patience)
    }
  }

  close(): void {
    this.#isOpen = false
    this.#endIfDone()
  }

  destroy(): void {
    this.#isOpen = false
    for (const call of this.#calls) call.request.destroy()
    this.#endIfDone()
  }

  #endIfDone(): void {
    if (this.#calls.size > 0) return
    this.#agent.destroy()
    this.#owner.onEnd(this)
  }

  #request({ path, sharedHeaders, ownHeaders }: Exchange): ClientRequest {
    const { connectHost, connectPort, authority } = this.#target
    const options = {
      method: 'POST',
      host: connectHost,
      port: connectPort,
      path,
      headers: { host: authority, ...Object.fromEntries(sharedHeaders), ...ownHeaders },
      agent: this.#agent,
    }
    return this.#isSecure ? requestHttps({ ...options, servername: serverNameOf(this.#target) }) : requestHttp(options)
  }
}

function countSockets(byName: HttpAgent['sockets']): number {
  return Object.values(byName).reduce((sum, sockets) => sum + (sockets?.length ?? 0), 0)
}

/** One request under way. */
class Call {
  readonly request: ClientRequest
  readonly startedAt: number
  readonly #reply: Reply
  /** Whether bytes of the request may have left: it has a connection that is open. */
  #mayBeWritten = false

  constructor(request: ClientRequest, exchange: Exchange, startedAt: number) {
    this.request = request
    this.startedAt = startedAt
    this.#reply = new Reply(exchange)
    request.on('socket', (socket) => {
      const { connecting, secureConnecting } = socket as TLSSocket & { secureConnecting?: boolean }
      const noteOpen = () => {
        this.#mayBeWritten = true
      }
      if (secureConnecting) socket.once('secureConnect', noteOpen)
      else if (connecting) socket.once('connect', noteOpen)
      else noteOpen()
    })
    request.on('response', (response) => this.#read(response))
    request.on('error', () => this.#end('connection_lost'))
    request.on('close', () => this.#end('connection_lost'))
  }

  expire(afterMs: number, patience: Patience): void {
    if (afterMs < (this.#mayBeWritten ? patience.answerMs : patience.connectMs)) return
    this.#end('timeout')
    this.request.destroy()
  }

  #read(response: IncomingMessage): void {
    const { statusCode = 0, headers } = response
    this.#reply.takeHead(
      statusCode,
      Object.entries(headers).map(([name, value]) => [name, String(value)]),
    )
    response.on('data', (bytes: Buffer) => {
      if (!this.#reply.takeBody(bytes)) response.destroy()
    })
    response.on('end', () => this.#end('connection_lost'))
    response.on('error', () => this.#end('connection_lost'))
  }

  #end(reason: 'connection_lost' | 'timeout'): void {
    if (this.#mayBeWritten) this.#reply.end('maybe', reason)
    else this.#reply.end('no', 'connect_failed')
  }
}
