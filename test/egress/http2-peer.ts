/** A push service made of node:http2, whose every stream a test scripts. Shares no code with the egress's own HTTP/2. */
import { once } from 'node:events'
import {
  createSecureServer,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { type Certificate, makeCertificate } from '../../sim/certificate.ts'

/** Trusted by the egress under test. */
export const CERTIFICATE: Certificate = makeCertificate(['localhost', 'push.example'], Date.now())

/** A request that has arrived whole. */
export interface Arrival {
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: Buffer
  readonly stream: ServerHttp2Stream
  readonly session: ServerHttp2Session
}

export interface Peer {
  /** `https://localhost:port` */
  readonly origin: string
  /** What has arrived, in order. */
  readonly arrivals: Arrival[]
  /** Every connection there ever was. */
  readonly sockets: Socket[]
  /** Most streams that were open at the same time. */
  readonly mostAtOnce: () => number
  close(): Promise<void>
}

export async function startPeer(
  onArrival: (arrival: Arrival) => void,
  options: SecureServerOptions = {},
): Promise<Peer> {
  const arrivals: Arrival[] = []
  const sockets: Socket[] = []
  let open = 0
  let most = 0
  const server = createSecureServer({ cert: CERTIFICATE.certPem, key: CERTIFICATE.keyPem, ...options })
  server.on('secureConnection', (socket) => sockets.push(socket))
  server.on('stream', (stream, headers) => {
    most = Math.max(most, ++open)
    const parts: Buffer[] = []
    stream.on('error', () => stream.destroy())
    stream.on('close', () => open--)
    stream.on('data', (part: Buffer) => parts.push(part))
    stream.on('end', () => {
      const session = stream.session as ServerHttp2Session | undefined
      if (session === undefined) return
      const arrival = {
        path: headers[':path']!,
        headers: { ...headers } as Record<string, string>,
        body: Buffer.concat(parts),
        stream,
        session,
      }
      arrivals.push(arrival)
      onArrival(arrival)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    arrivals,
    sockets,
    mostAtOnce: () => most,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** Accepts a push as APNs does. */
export function accept({ stream }: Arrival): void {
  stream.respond({ ':status': 200 }, { endStream: true })
}

/** An empty SETTINGS frame: all that a peer has to say before it gets requests. */
export const SETTINGS_FRAME = Buffer.from('000000040000000000', 'hex')

/** A peer that has TLS with ALPN `h2` and beyond that does only what the test does with its socket. */
export async function startRawPeer(onConnection: (socket: TLSSocket) => void): Promise<Pick<Peer, 'origin' | 'close'>> {
  const sockets: Socket[] = []
  const options = { cert: CERTIFICATE.certPem, key: CERTIFICATE.keyPem, ALPNProtocols: ['h2'] }
  const server = createTlsServer(options, (socket) => {
    sockets.push(socket)
    socket.on('error', () => socket.destroy())
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
