/**
 * Opens a server on loopback and closes it for good. Knows no protocol.
 */
import type { AddressInfo, Server, Socket } from 'node:net'

export interface Listening {
  readonly port: number
  /** Stops listening, cuts what is still connected, and waits until all of it is closed. */
  close(): Promise<void>
}

/**
 * Listens on 127.0.0.1.
 *
 * @param server any server over TCP: plain, TLS, HTTP/1.1 or HTTP/2
 * @param port 0: any free one
 * @throws the listen error, such as EADDRINUSE
 */
export function listen(server: Server, port: number): Promise<Listening> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () => closeAll(server, sockets),
      })
    })
  })
}

function closeAll(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)))
    for (const socket of sockets) socket.destroy()
  })
}
