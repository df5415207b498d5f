/**
 * Starts the simulated Web Push services and stops them. Sequences only.
 */
import type { ControlRoute } from '../control-route.ts'
import type { Desk } from '../desk.ts'
import type { ExchangeHandler } from '../exchange.ts'
import { createHttp1Server } from '../http1.ts'
import { listen } from '../listen.ts'
import { createTlsServer } from '../tls-listener.ts'
import { attachBrowserSocket } from './browser-socket.ts'
import { Browsers } from './browsers.ts'
import { webPushRoutes } from './routes.ts'
import { serveWebPush } from './serve.ts'
import { Subscriptions } from './subscriptions.ts'
import { VapidTokens } from './vapid-tokens.ts'

export interface WebPushOptions {
  /** 0 or absent: any free port. */
  readonly ports?: { readonly webpush?: number; readonly webpushHttps?: number }
}

export interface WebPushSimulator {
  /** Plain HTTP/1.1. */
  readonly url: string
  /** TLS with HTTP/2 and HTTP/1.1. */
  readonly httpsUrl: string
  /** Mozilla's push protocol: Firefox's `dom.push.serverURL`. */
  readonly socketUrl: string
  /** What a test subscribes without the control API. */
  readonly subscriptions: Subscriptions
  readonly routes: readonly ControlRoute[]
  close(): Promise<void>
}

/** @throws when a port is taken */
export async function startWebPush(desk: Desk, { ports = {} }: WebPushOptions = {}): Promise<WebPushSimulator> {
  const subscriptions = new Subscriptions()
  // Filled in as soon as there are ports; nobody can ask before.
  const origins = { http: '', https: '' }
  const browsers = new Browsers(subscriptions, () => origins.http)
  const service = { desk, subscriptions, browsers, tokens: new VapidTokens() }
  const handle: ExchangeHandler = (exchange) => serveWebPush(service, exchange)
  const plainServer = createHttp1Server(handle)
  attachBrowserSocket(plainServer, browsers)
  const plain = await listen(plainServer, ports.webpush ?? 0)
  const tls = await listen(createTlsServer(desk.certificate, handle), ports.webpushHttps ?? 0).catch(
    async (error: unknown) => {
      await plain.close()
      throw error
    },
  )
  origins.http = `http://127.0.0.1:${plain.port}`
  origins.https = `https://localhost:${tls.port}`
  return {
    url: origins.http,
    httpsUrl: origins.https,
    socketUrl: `ws://127.0.0.1:${plain.port}/`,
    subscriptions,
    routes: webPushRoutes(subscriptions, browsers, origins),
    close: async () => {
      await Promise.all([plain.close(), tls.close()])
    },
  }
}
