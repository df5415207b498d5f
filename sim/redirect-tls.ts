/**
 * For tests with clients whose addresses are fixed in their code: sends what they connect to by TLS to a simulator
 * instead. Names and certificate checks stay as they are; only the TCP address and the trusted authority change.
 */
import tls, { type ConnectionOptions, type TLSSocket } from 'node:tls'

export interface Redirection {
  /** Real host names. */
  readonly hosts: readonly string[]
  /** Where they are now, on 127.0.0.1. */
  readonly port: number
  readonly ca: string
}

type Connect = (...parts: unknown[]) => TLSSocket

/** Redirects until the returned function is called. */
export function redirectTls({ hosts, port, ca }: Redirection): () => void {
  const original = tls.connect as Connect
  const redirected: Connect = (...parts) => {
    const { options, onConnect } = readConnectArguments(parts)
    const name = options.servername ?? options.host
    if (name === undefined || !hosts.includes(name) || options.socket !== undefined) return original(...parts)
    const { lookup: _ownLookup, ...rest } = options
    const moved: ConnectionOptions = { ...rest, host: '127.0.0.1', port, servername: name, ca }
    return original(moved, onConnect)
  }
  const target = tls as { connect: unknown }
  target.connect = redirected
  return () => {
    target.connect = original
  }
}

/** `tls.connect(options, callback)` and `tls.connect(port, host, options, callback)`. */
function readConnectArguments(parts: readonly unknown[]) {
  const options: ConnectionOptions = {}
  let onConnect: unknown
  for (const part of parts) {
    if (typeof part === 'number') options.port = part
    else if (typeof part === 'string') options.host = part
    else if (typeof part === 'function') onConnect = part
    else Object.assign(options, part)
  }
  return { options, onConnect }
}
