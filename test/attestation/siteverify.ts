/** Turnstile's `siteverify` as the tests need it: each response says by its first word what becomes of it. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Siteverify {
  /** `http://127.0.0.1:port` */
  readonly origin: string
  close(): Promise<void>
}

/** The widget's secret that it takes. */
export const WIDGET_SECRET = '1x0000000000000000000000000000000AA'

type Act = (response: ServerResponse) => void

const SCRIPT: Readonly<Record<string, Act>> = {
  good: (response) => answer(response, 200, { success: true, 'error-codes': [], hostname: 'app.example' }),
  bad: (response) => answer(response, 200, { success: false, 'error-codes': ['invalid-input-response'] }),
  used: (response) => answer(response, 200, { success: false, 'error-codes': ['timeout-or-duplicate'] }),
  trouble: (response) => answer(response, 200, { success: false, 'error-codes': ['internal-error'] }),
  both: (response) =>
    answer(response, 200, { success: false, 'error-codes': ['invalid-input-response', 'internal-error'] }),
  down: (response) => answer(response, 503, { success: true }),
  nonsense: (response) => response.writeHead(200).end('<html>'),
  odd: (response) => answer(response, 200, { success: 'yes' }),
  moved: (response) => response.writeHead(307, { location: '/elsewhere' }).end(),
  hang: () => undefined,
  lost: ({ socket }) => socket?.destroy(),
}

export async function startSiteverify(): Promise<Siteverify> {
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const part of request) text += part
    if (request.method !== 'POST' || request.url !== '/turnstile/v0/siteverify')
      return response.writeHead(404).end('{}')
    const { secret, response: word } = JSON.parse(text) as { secret?: string; response?: string }
    if (secret !== WIDGET_SECRET) {
      return answer(response, 200, { success: false, 'error-codes': ['invalid-input-secret'] })
    }
    return (SCRIPT[String(word).split('-')[0]!] ?? SCRIPT.bad!)(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
