/**
 * Starts the simulated APNs and stops it. Sequences only.
 */
import type { ControlRoute } from '../control-route.ts'
import type { Desk } from '../desk.ts'
import { listen } from '../listen.ts'
import { type ApnsHandler, createHttp2Server, createPlainServer } from './listeners.ts'
import { ProviderTokens } from './provider-tokens.ts'
import { apnsRoutes } from './routes.ts'
import { serveApns } from './serve.ts'
import { SigningKeys } from './signing-keys.ts'

export interface ApnsOptions {
  /** 0 or absent: any free port. */
  readonly ports?: { readonly apns?: number; readonly apnsHttp?: number }
}

export interface ApnsSimulator {
  /** HTTP/2 over TLS. */
  readonly url: string
  /** Plain HTTP/1.1. */
  readonly httpUrl: string
  /** The account's keys: what a test registers without the control API. */
  readonly keys: SigningKeys
  readonly routes: readonly ControlRoute[]
  close(): Promise<void>
}

/** @throws when a port is taken */
export async function startApns(desk: Desk, { ports = {} }: ApnsOptions = {}): Promise<ApnsSimulator> {
  const keys = new SigningKeys()
  const tokens = new ProviderTokens(keys)
  const handle: ApnsHandler = (connection, exchange) => serveApns(desk, tokens, connection, exchange)
  const http2 = await listen(createHttp2Server(desk.certificate, handle), ports.apns ?? 0)
  const http1 = await listen(createPlainServer(handle), ports.apnsHttp ?? 0).catch(async (error: unknown) => {
    await http2.close()
    throw error
  })
  return {
    url: `https://localhost:${http2.port}`,
    httpUrl: `http://127.0.0.1:${http1.port}`,
    keys,
    routes: apnsRoutes(keys),
    close: async () => {
      await Promise.all([http2.close(), http1.close()])
    },
  }
}
