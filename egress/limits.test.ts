/** The egress when there is more to hold than it may: it refuses, untouched, and forgets nothing that it has taken. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { encodeTicket, REFUSED_HEADER } from '../push/egress-wire.ts'
import type { PushRequest } from '../push/outcome.ts'
import { handIn, inShort, KEY, post, readAnswers, readMetrics, requestsTo } from '../test/egress/hand-in.ts'
import { type Arrival, accept, CERTIFICATE, type Peer, startPeer } from '../test/egress/http2-peer.ts'
import type { Limits } from './door.ts'
import { type Egress, startEgress } from './server.ts'

const opened: (Peer | Egress)[] = []
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})

/** A push service that keeps everybody waiting until it is told to answer, and an egress to it. */
async function setUp(limits: Limits, maxConcurrentStreams = 100) {
  const held: Arrival[] = []
  let isHolding = true
  const onArrival = (arrival: Arrival) => (isHolding ? held.push(arrival) : accept(arrival))
  const service = await startPeer(onArrival, { settings: { maxConcurrentStreams } })
  const { origin } = service
  const egress = await startEgress({ key: KEY, allowedHosts: [origin], ca: [CERTIFICATE.caPem], limits })
  opened.push(egress, service)
  const answerAll = () => {
    isHolding = false
    held.splice(0).forEach(accept)
  }
  return { origin, url: egress.url, held, answerAll }
}

/** Requests whose bodies differ, so that each counts. */
function requestsOf(origin: string, count: number, bodyChars: number): PushRequest[] {
  return Array.from({ length: count }, (_, index) => requestsTo(origin, ['/'], `${index}`.padEnd(bodyChars, 'x'))[0]!)
}

const untilNothingIsHeld = (url: string) =>
  vi.waitFor(async () => expect(await readMetrics(url)).toMatchObject({ held_bytes: 0, tickets: 0 }))

describe('an egress that holds as much as it may', () => {
  const heldBytes = 100_000

  test('refuses the next ticket until something has left', async () => {
    const { origin, url, held, answerAll } = await setUp({ maxHeldBytes: heldBytes })
    const first = handIn(url, requestsOf(origin, 3, 20_000))
    await vi.waitFor(() => expect(held).toHaveLength(3))
    const second = await post(url, encodeTicket('pool', requestsOf(origin, 3, 20_000)))
    expect([second.status, second.headers.get(REFUSED_HEADER)]).toEqual([503, 'full'])
    expect(held).toHaveLength(3)
    answerAll()
    expect((await first).map(inShort)).toEqual(['200', '200', '200'])
    await untilNothingIsHeld(url)
    expect((await handIn(url, requestsOf(origin, 3, 20_000))).map(inShort)).toEqual(['200', '200', '200'])
  })

  test('is not deceived by a ticket that is short only on the way', async () => {
    const { origin, url, held, answerAll } = await setUp({ maxHeldBytes: heldBytes })
    const first = handIn(url, requestsOf(origin, 1, 100))
    await vi.waitFor(() => expect(held).toHaveLength(1))
    const packed = encodeTicket('pool', requestsOf(origin, 10, 20_000))
    expect(packed.length).toBeLessThan(heldBytes / 2)
    expect((await post(url, packed)).status).toBe(503)
    answerAll()
    await first
    await untilNothingIsHeld(url)
  })

  test('lets in a ticket that is larger than that when it is the only one', async () => {
    const { origin, url, answerAll } = await setUp({ maxHeldBytes: 1 })
    answerAll()
    expect((await handIn(url, requestsOf(origin, 2, 1000))).map(inShort)).toEqual(['200', '200'])
  })

  test('does not read what a stranger brings', async () => {
    const { url } = await setUp({ maxHeldBytes: heldBytes })
    const response = await post(url, 'x'.repeat(50_000), 'not the key')
    expect(response.status).toBe(401)
    expect(await readMetrics(url)).toMatchObject({ held_bytes: 0, 'refused_total{code="unauthorized"}': 1 })
  })
})

test('a slow push service is given no more than it takes; the rest waits, and everything is answered in the end', async () => {
  const { origin, url, held, answerAll } = await setUp({ maxTickets: 3 }, 5)
  const tickets = Array.from({ length: 3 }, () => post(url, encodeTicket('pool', requestsOf(origin, 40, 100))))
  await vi.waitFor(() => expect(held).toHaveLength(5))
  await vi.waitFor(async () => {
    expect(await readMetrics(url)).toMatchObject({ tickets: 3, pushes_in_flight: 5, pushes_waiting: 115 })
  })
  expect((await post(url, encodeTicket('pool', requestsOf(origin, 1, 1)))).status).toBe(503)
  answerAll()
  for (const ticket of tickets) {
    const answers = readAnswers(await (await ticket).text())
    expect(answers.map(inShort)).toEqual(Array(40).fill('200'))
  }
  await untilNothingIsHeld(url)
})
