/**
 * Cuts a connection the hard way, so that the peer sees ECONNRESET and not an orderly end.
 */
import type { Socket } from 'node:net'

/** The TCP socket below a TLS one, which alone can send a reset. */
const tcpSockets = new WeakMap<Socket, Socket>()

/** Tells which TCP socket carries a TLS socket. */
export function noteTcpSocket(tlsSocket: Socket, tcpSocket: Socket): void {
  tcpSockets.set(tlsSocket, tcpSocket)
}

/**
 * Between the last bytes and the reset. A peer that is still reading would otherwise meet the reset in a write of its
 * own, which node:http2 does not report at all.
 */
const READING_TIME_MS = 5

/** Sends a TCP reset and destroys the socket. What was written before reaches the peer first. */
export function cutSocket(socket: Socket): void {
  const tcpSocket = tcpSockets.get(socket) ?? socket
  socket.write('', () => setTimeout(reset, READING_TIME_MS, tcpSocket))
}

/**
 * What `resetAndDestroy()` does, without the orderly FIN that it sends first: a peer that reads the FIN before the
 * reset would see a connection that ended well. The flag is Node's own and has no public setter.
 */
function reset(tcpSocket: Socket & { resetAndClosing?: boolean }): void {
  if (tcpSocket.destroyed) return
  tcpSocket.resetAndClosing = true
  tcpSocket.destroy()
}
