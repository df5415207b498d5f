/** Opens a TLS connection and finds out whether the peer speaks HTTP/2. */
import { isIP } from 'node:net'
import { connect, type SecureContext, type TLSSocket } from 'node:tls'

/** A place to connect to, and under which name. */
export interface Target {
  /** As in the URL, without the brackets of an IPv6 address. */
  readonly hostname: string
  /** `host[:port]` as in the URL: what the peer is addressed as. */
  readonly authority: string
  /** Where to connect: usually the host itself, elsewhere when it was redirected. */
  readonly connectHost: string
  readonly connectPort: number
}

/** Addresses to use in place of a host's own: `host[:port]` as in the URL → `address:port`. For tests. */
export type Redirections = Readonly<Record<string, string>>

/** @param origin `https://host[:port]` or `http://…` */
export function targetOf(origin: string, redirections: Redirections): Target {
  const { hostname, host, port, protocol } = new URL(origin)
  const bare = unbracketed(hostname)
  const redirection = redirections[host]
  if (redirection === undefined) {
    const connectPort = Number(port || (protocol === 'https:' ? 443 : 80))
    return { hostname: bare, authority: host, connectHost: bare, connectPort }
  }
  const to = new URL(`tcp://${redirection}`)
  return { hostname: bare, authority: host, connectHost: unbracketed(to.hostname), connectPort: Number(to.port) }
}

/** SNI carries names only (RFC 6066 section 3). */
export function serverNameOf(target: Target): string {
  return isIP(target.hostname) ? '' : target.hostname
}

/**
 * @param onOpen called once with the connection, unless `onFail` is
 * @returns the socket, so that the attempt can be given up by destroying it; `onFail` is called then too
 */
export function openTls(
  target: Target,
  secureContext: SecureContext,
  onOpen: (socket: TLSSocket, speaksHttp2: boolean) => void,
  onFail: (cause: string) => void,
): TLSSocket {
  let error: Error | null = null
  const noteError = (cause: Error) => {
    error = cause
  }
  const fail = () => onFail(error?.message ?? 'closed before it was open')
  const socket = connect({
    host: target.connectHost,
    port: target.connectPort,
    servername: serverNameOf(target),
    ALPNProtocols: ['h2', 'http/1.1'],
    secureContext,
  })
  socket.setNoDelay(true)
  socket.on('error', noteError)
  socket.on('close', fail)
  socket.once('secureConnect', () => {
    socket.off('error', noteError)
    socket.off('close', fail)
    onOpen(socket, socket.alpnProtocol === 'h2')
  })
  return socket
}

function unbracketed(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}
