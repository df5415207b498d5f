/**
 * Mozilla's push protocol on a WebSocket: reads a browser's messages, asks browsers.ts, writes the answers. Sequences
 * only; keeps no state beyond the name the browser goes by.
 */
import type { Server } from 'node:http'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import {
  type BrowserMessage,
  helloAnswer,
  parseBrowserMessage,
  pingAnswer,
  registerAnswer,
  registerRefusal,
  unregisterAnswer,
} from './browser-messages.ts'
import type { Browsers, Send } from './browsers.ts'

const SUBPROTOCOL = 'push-notification'

/** What a nack without a code means: an uncaught exception in the page's handler. */
const HANDLER_FAILED = 301

/** RFC 6455 §7.4.1. */
const UNSUPPORTED_DATA = 1003
const POLICY_VIOLATION = 1008

/** Takes the WebSocket upgrades of an HTTP server. */
export function attachBrowserSocket(server: Server, browsers: Browsers): void {
  const sockets = new WebSocketServer({
    server,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  })
  sockets.on('connection', (socket) => converse(socket, browsers))
}

function converse(socket: WebSocket, browsers: Browsers): void {
  let uaid: string | null = null
  const send: Send = (text) => socket.send(text)
  socket.on('message', (data, isBinary) => {
    const message = isBinary ? null : parseBrowserMessage(textOf(data))
    if (message === null) socket.close(UNSUPPORTED_DATA, 'not a message of the push protocol')
    else if (message.type === 'hello') uaid = greet(message.uaid, browsers, send)
    else if (uaid === null) socket.close(POLICY_VIOLATION, 'the first message must be hello')
    else respond(message, uaid, browsers, send)
  })
  socket.on('close', () => {
    if (uaid !== null) browsers.disconnect(uaid, send)
  })
  // A broken frame or a reset; 'close' follows and does the rest.
  socket.on('error', () => socket.terminate())
}

function greet(offeredUaid: string | null, browsers: Browsers, send: Send): string {
  const uaid = browsers.connect(offeredUaid, send)
  send(helloAnswer(uaid))
  browsers.resend(uaid, Date.now())
  return uaid
}

function respond(message: BrowserMessage, uaid: string, browsers: Browsers, send: Send): void {
  switch (message.type) {
    case 'register': {
      const endpoint = browsers.register(uaid, message.channelId, message.key)
      send(endpoint === null ? registerRefusal(message.channelId) : registerAnswer(message.channelId, endpoint))
      break
    }
    case 'unregister':
      browsers.unregister(uaid, message.channelId)
      send(unregisterAnswer(message.channelId))
      break
    case 'ack':
      for (const ack of message.updates) browsers.acknowledge(uaid, ack, Date.now())
      break
    case 'nack':
      browsers.report(message.version, message.code ?? HANDLER_FAILED, Date.now())
      break
    case 'ping':
      send(pingAnswer())
      break
    default:
  }
}

function textOf(data: RawData): string {
  return Array.isArray(data) ? Buffer.concat(data).toString('utf8') : Buffer.from(data as Buffer).toString('utf8')
}
