/**
 * One TLS listener that speaks HTTP/2 and HTTP/1.1, as ALPN says (RFC 7301). Joins http1.ts and http2/; decides
 * nothing else.
 */
import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import type { Certificate } from './certificate.ts'
import { noteTcpSocket } from './cut-socket.ts'
import type { ExchangeHandler } from './exchange.ts'
import { createHttp1Server } from './http1.ts'
import { serveHttp2 } from './http2/connection.ts'

/** A TLS server that is not listening yet. */
export function createTlsServer({ certPem, keyPem }: Certificate, handle: ExchangeHandler): Server {
  const http1 = createHttp1Server(handle)
  const server = createServer({ cert: certPem, key: keyPem, ALPNProtocols: ['h2', 'http/1.1'] })
  const tcpSockets = new Map<number | undefined, Socket>()
  server.on('connection', (socket: Socket) => {
    const port = socket.remotePort
    tcpSockets.set(port, socket)
    socket.once('close', () => tcpSockets.delete(port))
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    const tcpSocket = tcpSockets.get(socket.remotePort)
    if (tcpSocket !== undefined) noteTcpSocket(socket, tcpSocket)
    if (socket.alpnProtocol === 'h2') serveHttp2(socket, handle)
    else http1.emit('connection', socket)
  })
  return server
}
