/**
 * A gate in front of a simulator: while it is shut, nobody listens there and every connection is refused, as when a
 * push service is down. Passes bytes on; knows no protocol.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export interface Gate {
  /** The address of what is behind it, through the gate. */
  readonly url: string
  /** Cuts every connection and listens no more. */
  shut(): Promise<void>
  open(): Promise<void>
  close(): Promise<void>
}

const HOST = '127.0.0.1'

/** @param target URL of a server on this machine */
export async function openGate(target: string): Promise<Gate> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const behind = connect(Number(port), hostname)
    for (const [one, other] of [
      [socket, behind],
      [behind, socket],
    ] as const) {
      sockets.add(one)
      one.setNoDelay(true)
      one.pipe(other)
      // Either side's end, good or bad, is the other's.
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  const own = await listen(server, 0)
  const url = new URL(target)
  url.port = String(own)
  const shut = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.resetAndDestroy()
    await closed
  }
  return {
    url: url.origin,
    shut,
    open: async () => {
      if (!server.listening) await listen(server, own)
    },
    close: shut,
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, HOST)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
