/**
 * How APNs is reached: HTTP/2 over TLS, as Apple has it, and plain HTTP/1.1, which Apple does not offer. Makes servers
 * that do not listen yet; knows nothing of pushes.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import type { Certificate } from '../certificate.ts'
import { noteTcpSocket } from '../cut-socket.ts'
import type { Exchange } from '../exchange.ts'
import { createHttp1Server } from '../http1.ts'
import { serveHttp2 } from '../http2/connection.ts'
import { Connection } from './connection.ts'

export type ApnsHandler = (connection: Connection, exchange: Exchange) => void

/**
 * TLS with ALPN `h2` and nothing else: a client that offers only HTTP/1.1 fails in the handshake, one that offers
 * nothing is dropped without an answer.
 */
export function createHttp2Server({ certPem, keyPem }: Certificate, handle: ApnsHandler): Server {
  const secureContext = createSecureContext({ cert: certPem, key: keyPem, minVersion: 'TLSv1.2' })
  return createServer((tcpSocket) => {
    const socket = new TLSSocket(tcpSocket, { isServer: true, secureContext, ALPNProtocols: ['h2'] })
    noteTcpSocket(socket, tcpSocket)
    // A handshake that fails is the client's to notice; the socket closes by itself.
    socket.on('error', () => socket.destroy())
    socket.once('secure', () => serve(socket, handle))
  })
}

/**
 * The same rules for runtimes that cannot speak HTTP/2. A sender of HTTP/1.1 does not choose which connection of its
 * pool carries a request, so no connection is bound to a team here: each request counts as the first of its own.
 */
export function createPlainServer(handle: ApnsHandler): Server {
  return createHttp1Server((exchange) => handle(new Connection(exchange.headers.host), exchange))
}

function serve(socket: TLSSocket, handle: ApnsHandler): void {
  if (socket.alpnProtocol !== 'h2') {
    socket.destroy()
    return
  }
  const connection = new Connection(serverNameOf(socket))
  serveHttp2(socket satisfies Socket, (exchange) => handle(connection, exchange))
}

/** The name in the client's SNI. Node's types leave it out. */
function serverNameOf(socket: TLSSocket): string | undefined {
  const { servername } = socket as TLSSocket & { readonly servername?: string | false }
  return servername || undefined
}
