/**
 * An egress that does not keep its word. Which way it fails is the first part of its address's path; what follows tells
 * one test from another.
 */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeTicket } from '../../push/egress-ticket.ts'
import { DELIVER_PATH, encodeAnswers, MAX_LINE_CHARS, READY_PATH, REFUSED_HEADER } from '../../push/egress-wire.ts'

/** @param count requests of the ticket; 0 for the question whether one would be taken */
type Act = (response: ServerResponse, count: number) => void

interface Failure {
  /** What it says when it is asked; 204 when left out. */
  readonly ready?: Act
  /** What becomes of a ticket. */
  readonly deliver?: Act
}

const accepted = (positions: Iterable<number>) => encodeAnswers({ accepted: [[200, [...positions]]] })
const acceptAll: Act = (response, count) => response.end(accepted(Array(count).keys()))
const refuse =
  (status: number, code: string): Act =>
  (response) => {
    response.writeHead(status, { [REFUSED_HEADER]: code, 'retry-after': '0.01' }).end(code)
  }
const say =
  (text: string): Act =>
  (response) =>
    response.end(text)
const hang: Act = () => undefined

/** Says its heartbeat until nobody listens. */
function beat(response: ServerResponse): void {
  const heart = setInterval(() => response.write('\n'), 20)
  response.once('close', () => clearInterval(heart))
}

/** Fails in the named way so many times at an address, then is as it should be. */
function fewTimes(times: number, act: Act): Act {
  const calls = new Map<string, number>()
  return (response, count) => {
    const address = response.req.url!
    calls.set(address, (calls.get(address) ?? 0) + 1)
    if (calls.get(address)! <= times) act(response, count)
    else if (count === 0) response.writeHead(204).end()
    else acceptAll(response, count)
  }
}

function failures(): Readonly<Record<string, Failure>> {
  return {
    /** Dies with the ticket in its hands, before it says a word. */
    '/dies': { deliver: (response) => response.destroy() },
    /** Answers the first request and dies. */
    '/dies-later': { deliver: (response) => response.write(accepted([0]), () => response.destroy()) },
    /** Accepts connections, and that is all. */
    '/mute': { ready: hang },
    '/mute-with-ticket': { deliver: hang },
    /** Says that it is there, once, and nothing more. */
    '/silent': { deliver: (response) => response.write('\n') },
    '/silent-later': { deliver: (response) => response.write(accepted([0])) },
    '/beats-for-ever': { deliver: beat },
    '/never-ends': {
      deliver: (response, count) => {
        response.write(accepted(Array(count).keys()))
        beat(response)
      },
    },
    /** Answers one request after the other, with a breath in between. */
    '/slow': {
      deliver: (response, count) => {
        let next = 0
        const pace = setInterval(() => {
          response.write(accepted([next++]))
          if (next === count) response.end()
        }, 30)
        response.once('close', () => clearInterval(pace))
      },
    },
    '/full': { deliver: refuse(503, 'full') },
    '/full-when-asked': { ready: refuse(503, 'full') },
    '/full-twice-when-asked': { ready: fewTimes(2, refuse(503, 'full')), deliver: acceptAll },
    '/full-twice': { deliver: fewTimes(2, refuse(503, 'full')) },
    '/other-wire': { deliver: refuse(400, 'malformed_ticket') },
    /** Something between us and the egress: it may have passed the ticket on. */
    '/gateway': { deliver: (response) => response.writeHead(504).end('gateway timeout') },
    '/gateway-busy': { deliver: (response) => response.writeHead(503).end('busy') },
    '/gateway-when-asked': { ready: (response) => response.writeHead(502).end('<html>bad gateway</html>') },
    '/another-server': { ready: say('<html>welcome</html>') },
    '/redirects': { ready: (response) => response.writeHead(302, { location: '/elsewhere' }).end() },
    '/babbles': { deliver: say('<html>\n') },
    '/babbles-later': { deliver: (response) => response.end(`${accepted([0])}<html>\n${accepted([1])}`) },
    '/cut-short': { deliver: say(`${accepted([0])}${accepted([1]).slice(0, -2)}`) },
    '/without-end': { deliver: (response) => response.write(accepted([0]) + 'x'.repeat(MAX_LINE_CHARS + 1)) },
    '/says-nothing': { deliver: say('') },
    /** Answers requests that nobody asked about. */
    '/unknown': { deliver: say(encodeAnswers({ accepted: [[200, [0, 2, 99, 2 ** 40]]] })) },
    '/impossible': { deliver: say('{"accepted":[[200,[-1]]]}\n') },
    /** Contradicts itself: what it said first may not be taken back. */
    '/repeats': {
      deliver: say(
        encodeAnswers({ accepted: [[200, [0, 0]]] }) + encodeAnswers({ unanswered: [[0, 'no', 'timeout']] }),
      ),
    },
  }
}

export async function startFalseEgress(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const table = failures()
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const { ready = (answer: ServerResponse) => answer.writeHead(204).end(), deliver = acceptAll } =
      table[/^\/[a-z-]+/.exec(request.url ?? '')?.[0] ?? ''] ?? {}
    if (request.url?.endsWith(READY_PATH)) ready(response, 0)
    else if (request.url?.endsWith(DELIVER_PATH)) {
      deliver(response, decodeTicket(Buffer.concat(parts)).requests.length)
    } else response.writeHead(404).end()
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
