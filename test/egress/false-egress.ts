/** An egress that does not keep its word. Which way it fails is the first part of its address's path. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DELIVER_PATH, encodeAnswers, READY_PATH, REFUSED_HEADER } from '../../push/egress-wire.ts'

/** What becomes of a ticket. */
const FAILURES: Readonly<Record<string, (response: ServerResponse) => void>> = {
  /** Dies with the ticket in its hands, before it says a word. */
  '/dies': (response) => response.destroy(),
  /** Answers the first request and dies. */
  '/dies-later': (response) => {
    response.write(encodeAnswers({ accepted: [[200, [0]]] }), () => response.destroy())
  },
  /** Answers the first request twice, one that nobody asked about, and ends too early. */
  '/confused': (response) => {
    response.end(encodeAnswers({ accepted: [[200, [0, 99]]], unanswered: [[0, 'no', 'timeout']] }))
  },
  '/babbles': (response) => response.end('<html>\n'),
  /** Says that it is there, once, and nothing more. */
  '/silent': (response) => response.write('\n'),
  '/full': (response) => response.writeHead(429, { [REFUSED_HEADER]: 'full' }).end('full'),
  /** Something between us and the egress: it may have passed the ticket on. */
  '/gateway': (response) => response.writeHead(504).end('gateway timeout'),
}

export async function startFalseEgress(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    for await (const _ of request);
    const [, failure = '', path] = /^(\/[a-z-]+)(\/.*)$/.exec(request.url ?? '') ?? []
    if (path === READY_PATH) response.writeHead(204).end()
    else if (path === DELIVER_PATH) FAILURES[failure]?.(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
