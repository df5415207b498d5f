/** The egress towards the Worker: who is let in, what is refused, and readers that are slow or leave. */
import { once } from 'node:events'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { DELIVER_PATH, encodeTicket, READY_PATH, REFUSED_HEADER, WIRE_VERSION } from '../push/egress-wire.ts'
import { handIn, inShort, KEY, post, readAnswers, readMetrics, requestsTo } from '../test/egress/hand-in.ts'
import { type Arrival, accept, CERTIFICATE, type Peer, startPeer } from '../test/egress/http2-peer.ts'
import { type Egress, type EgressOptions, startEgress } from './server.ts'

const opened: (Peer | Egress)[] = []
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})

async function peer(...args: Parameters<typeof startPeer>): Promise<Peer> {
  const started = await startPeer(...args)
  opened.push(started)
  return started
}

async function egressTo(origin: string, options: Partial<EgressOptions> = {}): Promise<Egress> {
  const egress = await startEgress({ key: KEY, allowedHosts: [origin], ca: [CERTIFICATE.caPem], ...options })
  opened.unshift(egress)
  return egress
}

const NOWHERE = 'https://push.example'
const ticketTo = (origin: string, paths = ['/']) => encodeTicket('pool', requestsTo(origin, paths))

describe('the door', () => {
  const strangers = [`Bearer ${KEY}x`, `Basic ${KEY}`, KEY, 'Bearer', undefined]
  test.each(strangers)('a stranger who says %j gets nothing', async (authorization) => {
    const { url } = await egressTo(NOWHERE)
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
    for (const [path, method] of [
      [READY_PATH, 'GET'],
      ['/metrics', 'GET'],
      [DELIVER_PATH, 'POST'],
    ] as const) {
      const response = await fetch(url + path, { method, headers })
      expect(response.status).toBe(401)
      expect(response.headers.get(REFUSED_HEADER)).toBe('unauthorized')
    }
  })

  test('says whether it would take a ticket', async () => {
    const { url } = await egressTo(NOWHERE)
    const response = await fetch(url + READY_PATH, { headers: { authorization: `Bearer ${KEY}` } })
    expect(response.status).toBe(204)
  })

  test('shows anybody that it is alive, and nothing else', async () => {
    const { url } = await egressTo(NOWHERE)
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok', wire: WIRE_VERSION })
    expect((await fetch(`${url}/`)).status).toBe(404)
  })

  test('refuses what is no ticket, and says why', async () => {
    const { url } = await egressTo(NOWHERE)
    const response = await post(url, 'no ticket')
    expect(response.status).toBe(400)
    expect(response.headers.get(REFUSED_HEADER)).toBe('malformed_ticket')
    expect(await response.json()).toMatchObject({
      code: 'malformed_ticket',
      detail: expect.stringContaining('cut short'),
    })
  })

  const lengths = ['that says how long it is', 'that does not say how long it is']
  test.each(lengths)('refuses a ticket that is too long, %s', async (which) => {
    const { url } = await egressTo(NOWHERE, { limits: { maxTicketBytes: 100 } })
    const body = which.includes('not') ? new Blob(['x'.repeat(200)]).stream() : 'x'.repeat(200)
    const response = await post(url, body)
    expect(response.status).toBe(413)
    expect(response.headers.get(REFUSED_HEADER)).toBe('too_large')
  })

  test('refuses more tickets than it can hold, until one has left', async () => {
    const held: Arrival[] = []
    const service = await peer((arrival) => held.push(arrival))
    const { url } = await egressTo(service.origin, { limits: { maxTickets: 1 } })
    const first = post(url, ticketTo(service.origin))
    await vi.waitFor(() => expect(held).toHaveLength(1))
    const second = await post(url, ticketTo(service.origin))
    expect(second.status).toBe(503)
    expect(second.headers.get(REFUSED_HEADER)).toBe('full')
    expect(second.headers.get('retry-after')).toBe('1')
    held.splice(0).forEach(accept)
    await (await first).text()
    const third = post(url, ticketTo(service.origin))
    await vi.waitFor(() => expect(held).toHaveLength(1))
    held.forEach(accept)
    expect(readAnswers(await (await third).text()).map(inShort)).toEqual(['200'])
  })

  test('takes an empty ticket', async () => {
    const { url } = await egressTo(NOWHERE)
    expect(await handIn(url, [])).toEqual([])
  })

  test('sends nothing where it was not told to, and the rest all the same', async () => {
    const service = await peer(accept)
    const { url } = await egressTo(service.origin)
    const elsewhere = ['http://127.0.0.1:1', service.origin.replace('https', 'http'), 'https://localhost', 'nonsense']
    const requests = [...elsewhere, service.origin].flatMap((origin) => requestsTo(origin, ['/']))
    expect((await handIn(url, requests)).map(inShort)).toEqual([...elsewhere.map(() => 'no: host_not_allowed'), '200'])
  })

  test('when it ends, what is under way is finished, what waits is given back, and nothing new is taken', async () => {
    const held: Arrival[] = []
    const settings = { maxConcurrentStreams: 1 }
    const service = await peer((arrival) => held.push(arrival), { settings })
    const egress = await startEgress({ key: KEY, allowedHosts: [service.origin], ca: [CERTIFICATE.caPem] })
    const answers = handIn(egress.url, requestsTo(service.origin, ['/0', '/1']))
    await vi.waitFor(() => expect(held).toHaveLength(1))
    const closed = egress.close()
    await expect(post(egress.url, ticketTo(service.origin))).rejects.toThrow()
    held.forEach(accept)
    expect((await answers).map(inShort)).toEqual(['200', 'no: egress_lost'])
    await closed
  })
})

describe('a reader', () => {
  /** Posts a ticket and reads nothing of the answer until told. */
  async function postUnread(url: string, ticket: Uint8Array): Promise<IncomingMessage> {
    const headers = { authorization: `Bearer ${KEY}`, 'content-length': ticket.length }
    const request = requestHttp(url + DELIVER_PATH, { method: 'POST', headers, agent: false })
    request.end(ticket)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return response.setEncoding('utf8')
  }

  /** When the service has not been asked for anything new for a while. */
  async function untilQuiet(service: Peer): Promise<number> {
    for (let seen = -1; seen !== service.arrivals.length; await setTimeout(150)) seen = service.arrivals.length
    return service.arrivals.length
  }

  test('that is behind holds its own ticket back, not those of others, and misses nothing', async () => {
    // Every byte becomes six in JSON, so that the answers outgrow whatever the sockets hold.
    const body = '\u0001'.repeat(4096)
    const answer = ({ path, stream }: Arrival) => {
      stream.respond({ ':status': path === '/quick' ? 200 : 400 })
      stream.end(path === '/quick' ? '' : body)
    }
    const service = await peer(answer, { settings: { maxConcurrentStreams: 20 } })
    const { url } = await egressTo(service.origin)
    const paths = Array.from({ length: 1000 }, (_, index) => `/${index}`)
    const slow = await postUnread(url, ticketTo(service.origin, paths))
    expect(await untilQuiet(service)).toBeLessThan(1000)
    // The ticket itself, and the answers to the few requests that were on their way when the reader fell behind.
    expect((await readMetrics(url)).held_bytes).toBeLessThan(1_500_000)
    expect((await handIn(url, requestsTo(service.origin, ['/quick']))).map(inShort)).toEqual(['200'])
    let text = ''
    for await (const part of slow) text += part
    const answers = readAnswers(text)
    expect(answers.map(inShort)).toEqual(paths.map(() => '400'))
    expect(answers[999]).toMatchObject({ body })
    await vi.waitFor(async () => expect(await readMetrics(url)).toMatchObject({ held_bytes: 0 }))
  })

  test('that leaves takes with it what was not sent yet', async () => {
    const held: Arrival[] = []
    const onArrival = (arrival: Arrival) => (arrival.path === '/next' ? accept(arrival) : held.push(arrival))
    const service = await peer(onArrival, { settings: { maxConcurrentStreams: 1 } })
    const egress = await egressTo(service.origin)
    const response = await postUnread(egress.url, ticketTo(service.origin, ['/0', '/1', '/2']))
    await vi.waitFor(() => expect(held).toHaveLength(1))
    response.destroy()
    await vi.waitFor(async () => expect(await readMetrics(egress.url)).toMatchObject({ tickets: 0 }))
    held.forEach(accept)
    expect((await handIn(egress.url, requestsTo(service.origin, ['/next']))).map(inShort)).toEqual(['200'])
    expect(service.arrivals.map(({ path }) => path)).toEqual(['/0', '/next'])
    await vi.waitFor(async () => expect(await readMetrics(egress.url)).toMatchObject({ held_bytes: 0 }))
  })
})
