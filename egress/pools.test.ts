/** Whose connections there are, how many, and when they are replaced: seen from the push service and in the metrics. */
import { constants } from 'node:http2'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { handIn, inShort, KEY, readMetrics, requestsTo } from '../test/egress/hand-in.ts'
import { type Arrival, accept, CERTIFICATE, type Peer, startPeer } from '../test/egress/http2-peer.ts'
import { type Egress, type EgressOptions, startEgress } from './server.ts'

const opened: (Peer | Egress)[] = []
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})

async function setUp(onArrival: (arrival: Arrival) => void, options: Partial<EgressOptions> = {}) {
  const service = await startPeer(onArrival)
  const { origin } = service
  const egress = await startEgress({ key: KEY, allowedHosts: [origin], ca: [CERTIFICATE.caPem], ...options })
  opened.push(egress, service)
  const send = async (pool: string, generation = 0, path = '/') => {
    const answers = await handIn(egress.url, requestsTo(origin, [path]), pool, generation)
    return answers.map(inShort).join()
  }
  return { service, send, url: egress.url }
}

describe('a later generation of a pool', () => {
  test('goes over a new connection, once; the old one is closed', async () => {
    const { service, send } = await setUp(accept)
    await send('pool')
    for (const generation of [7, 7, 3, 0]) expect(await send('pool', generation)).toBe('200')
    expect(service.sockets).toHaveLength(2)
    await vi.waitFor(() => expect(service.sockets.map(({ destroyed }) => destroyed)).toEqual([true, false]))
  })

  test('leaves other pools alone', async () => {
    const { service, send } = await setUp(accept)
    await send('a')
    await send('b')
    await send('a', 1)
    await send('b')
    expect(service.sockets).toHaveLength(3)
  })

  test('that many announce at the same time makes one new connection', async () => {
    const { service, send } = await setUp(accept)
    await send('pool')
    for (let generation = 1; generation <= 5; generation++) await send('pool', generation)
    expect(service.sockets).toHaveLength(2)
  })

  test('loses nothing of what is under way on the old connection', async () => {
    const held: Arrival[] = []
    const onArrival = (arrival: Arrival) => (arrival.path === '/slow' ? held.push(arrival) : accept(arrival))
    const { service, send } = await setUp(onArrival)
    const slow = send('pool', 0, '/slow')
    await vi.waitFor(() => expect(held).toHaveLength(1))
    expect(await send('pool', 1)).toBe('200')
    held.forEach(accept)
    expect(await slow).toBe('200')
    expect(service.sockets).toHaveLength(2)
  })
})

describe('more pools than there may be', () => {
  test('cost the one that was longest not used its connection', async () => {
    const { service, send, url } = await setUp(accept, { maxPools: 2 })
    for (const pool of ['a', 'b', 'a', 'c']) expect(await send(pool)).toBe('200')
    expect(await readMetrics(url)).toMatchObject({ pools: 2 })
    await vi.waitFor(() => expect(service.sockets.map(({ destroyed }) => destroyed)).toEqual([false, true, false]))
    await send('a')
    expect(service.sockets).toHaveLength(3)
  })

  test('are certainly not sent to when all others are in use', async () => {
    const held: Arrival[] = []
    const { service, send } = await setUp((arrival) => held.push(arrival), { maxPools: 1 })
    const first = send('a')
    await vi.waitFor(() => expect(held).toHaveLength(1))
    expect(await send('b')).toBe('no: connect_failed')
    held.forEach(accept)
    expect(await first).toBe('200')
    expect(service.arrivals).toHaveLength(1)
  })
})

test('a pool that nobody uses is closed and forgotten', async () => {
  const { service, send, url } = await setUp(accept, { patience: { lastIdleMs: 0, answerMs: 1000 } })
  expect(await send('pool')).toBe('200')
  await vi.waitFor(async () => expect(await readMetrics(url)).toMatchObject({ pools: 0 }))
  await vi.waitFor(() => expect(service.sockets.every(({ destroyed }) => destroyed)).toBe(true))
  expect(await send('pool')).toBe('200')
})

test('connections are counted by host: opened, said goodbye to, closed', async () => {
  const { service, send, url } = await setUp((arrival) => {
    accept(arrival)
    if (arrival.path === '/last') arrival.session.goaway(constants.NGHTTP2_NO_ERROR)
  })
  const host = `{host="${new URL(service.origin).host}"}`
  await send('pool')
  expect(await readMetrics(url)).toMatchObject({ [`connections${host}`]: 1, [`connections_opened_total${host}`]: 1 })
  await send('pool', 0, '/last')
  await vi.waitFor(async () => {
    expect(await readMetrics(url)).toMatchObject({
      [`connections${host}`]: 0,
      [`connections_closed_total${host}`]: 1,
      [`goaways_total${host}`]: 1,
      'answers_total{class="2xx"}': 2,
    })
  })
})
