/**
 * HTTP/1.1 in front of a simulator: reads the body and turns each request into an Exchange. Plain or over TLS; the
 * socket decides.
 */
import { Buffer } from 'node:buffer'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { cutSocket } from './cut-socket.ts'
import type { Exchange, ExchangeHandler, Headers } from './exchange.ts'

/** As long as over HTTP/2. */
const MAX_BODY_BYTES = 1024 * 1024
/** Node closes an idle connection after 5 s by default, which races with senders that keep one open. */
const KEEP_ALIVE_MS = 120_000

/** An HTTP/1.1 server that is not listening yet. */
export function createHttp1Server(handle: ExchangeHandler): Server {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
      else request.destroy()
    })
    request.on('end', () => handle(new Http1Exchange(request, response, Buffer.concat(chunks))))
  })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  return server
}

class Http1Exchange implements Exchange {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly body: Buffer
  readonly #response: ServerResponse

  constructor(request: IncomingMessage, response: ServerResponse, body: Buffer) {
    this.method = request.method ?? ''
    this.path = request.url ?? ''
    this.headers = flatten(request.headers)
    this.body = body
    this.#response = response
  }

  answer(status: number, headers: Headers, body: string | Buffer): void {
    const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length
    this.#response.writeHead(status, { ...headers, 'content-length': bytes }).end(body)
  }

  cut(): void {
    if (this.#response.socket !== null) cutSocket(this.#response.socket)
  }

  goAway(): void {
    this.#response.socket?.end()
  }
}

/** Node keeps `set-cookie` alone as a list, and nobody sends that in a request. */
function flatten(headers: IncomingMessage['headers']): Headers {
  return headers as Headers
}
