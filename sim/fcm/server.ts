/**
 * The simulated Google: OAuth and FCM HTTP v1 on a plain HTTP/1.1 port and on a TLS port with HTTP/2 and HTTP/1.1.
 * Routes and starts; the answers are in oauth.ts and send.ts.
 */
import type { ControlRoute } from '../control-route.ts'
import type { Desk } from '../desk.ts'
import type { Exchange } from '../exchange.ts'
import { createHttp1Server } from '../http1.ts'
import { listen } from '../listen.ts'
import { createTlsServer } from '../tls-listener.ts'
import { AccessTokens } from './access-tokens.ts'
import { refuseWithHtml } from './errors.ts'
import { answerTokenRequest } from './oauth.ts'
import { Quota, quotaRoute } from './quota.ts'
import { makeSendHandler } from './send.ts'
import { ServiceAccounts, serviceAccountRoute } from './service-accounts.ts'
import { answerTopicRequest } from './topic-requests.ts'
import { TopicSubscriptions } from './topic-subscriptions.ts'

export interface FcmSimulator {
  readonly url: string
  readonly http2Url: string
  readonly tokenUrl: string
  readonly http2TokenUrl: string
  /** For the control API. */
  readonly routes: readonly ControlRoute[]
  close(): Promise<void>
}

export interface FcmOptions {
  readonly ports: { readonly fcm?: number; readonly fcmHttp2?: number }
}

const SEND_PATH = /^\/v1\/projects\/([^/?]+)\/messages:send(?:\?.*)?$/
/** Senders use one path for ever; this bounds what a stranger can make us remember. */
const MAX_REMEMBERED_PATHS = 1000

export async function startFcm(desk: Desk, { ports }: FcmOptions): Promise<FcmSimulator> {
  const accounts = new ServiceAccounts()
  const accessTokens = new AccessTokens()
  const quota = new Quota()
  const handle = makeHandler(desk, accounts, accessTokens, quota)
  const plain = await listen(createHttp1Server(handle), ports.fcm ?? 0)
  const secure = await listen(createTlsServer(desk.certificate, handle), ports.fcmHttp2 ?? 0).catch(
    async (error: unknown) => {
      await plain.close()
      throw error
    },
  )
  const url = `http://127.0.0.1:${plain.port}`
  const http2Url = `https://localhost:${secure.port}`
  return {
    url,
    http2Url,
    tokenUrl: `${url}/token`,
    http2TokenUrl: `${http2Url}/token`,
    routes: [serviceAccountRoute(accounts), revokeRoute(accessTokens), quotaRoute(quota)],
    close: async () => {
      await Promise.all([plain.close(), secure.close()])
    },
  }
}

/** `DELETE /fcm/access-tokens`: every access token is unknown from now on; senders must fetch a new one. */
function revokeRoute(accessTokens: AccessTokens): ControlRoute {
  return {
    method: 'DELETE',
    path: '/fcm/access-tokens',
    handle: () => {
      accessTokens.revokeAll()
      return { status: 204 }
    },
  }
}

function makeHandler(desk: Desk, accounts: ServiceAccounts, accessTokens: AccessTokens, quota: Quota) {
  const send = makeSendHandler(desk, accessTokens, quota)
  const topics = { accessTokens, subscriptions: new TopicSubscriptions() }
  const projectOf = makeProjectReader()
  return (exchange: Exchange): void => {
    const projectId = exchange.method === 'POST' ? projectOf(exchange.path) : null
    if (projectId !== null) send(exchange, projectId)
    else if (exchange.method === 'POST' && exchange.path === '/token') {
      answerTokenRequest(desk, { accounts, accessTokens }, exchange).catch((error: unknown) => {
        console.error('simulators: the token endpoint failed:', error)
        exchange.cut()
      })
    } else if (!answerTopicRequest(desk, topics, exchange)) notFound(exchange)
  }
}

function notFound(exchange: Exchange): void {
  const { status, headers, body } = refuseWithHtml(404, 'Not Found')
  exchange.answer(status, headers, body)
}

/** Reads the project out of a send's path, and remembers it. */
function makeProjectReader(): (path: string) => string | null {
  const remembered = new Map<string, string | null>()
  return (path) => {
    let projectId = remembered.get(path)
    if (projectId === undefined) {
      projectId = SEND_PATH.exec(path)?.[1] ?? null
      if (remembered.size >= MAX_REMEMBERED_PATHS) remembered.clear()
      remembered.set(path, projectId)
    }
    return projectId
  }
}
