/**
 * A receiver of webhooks, in a process of its own: keeps what it gets and answers as it was told, path by path. Knows
 * nothing of Fanfare.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { serveParent } from '../../dev/child.ts'
import type { Received, Scripted } from './webhook-inbox.ts'

export interface ReceiverAddress {
  readonly url: string
}

class Path {
  script: Scripted[] = []
  readonly received: Received[] = []
  mostAtOnce = 0
  private atOnce = 0

  async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce)
    const body = await text(request)
    this.received.push({ at: Date.now(), headers: request.headers as Record<string, string>, body })
    const { status, headers, afterMs } = this.script.shift() ?? { status: 204 }
    if (afterMs !== undefined) await Promise.race([sleep(afterMs), new Promise((gone) => response.on('close', gone))])
    this.atOnce--
    response.writeHead(status, headers).end()
  }
}

const paths = new Map<string, Path>()

function pathOf(name: string): Path {
  const path = paths.get(name) ?? new Path()
  paths.set(name, path)
  return path
}

/** `PUT /control/<path>` tells how to answer, `GET /control/<path>` what came; everything else comes. */
async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = request.url ?? '/'
  if (!url.startsWith('/control/')) return await pathOf(url).take(request, response)
  const path = pathOf(url.slice('/control'.length))
  if (request.method === 'PUT') path.script = JSON.parse(await text(request)) as Scripted[]
  const { received, mostAtOnce } = path
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ received, mostAtOnce }))
}

await serveParent<object, ReceiverAddress>(async () => {
  const server = createServer((request, response) => {
    handle(request, response).catch((error) => response.destroy(error as Error))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const close = async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  }
  return { ready: { url: `http://127.0.0.1:${port}` }, close }
})
