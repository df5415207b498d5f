/** The egress towards a push service that speaks HTTP/2, for better and for worse. */
import { constants } from 'node:http2'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Answer, PushRequest } from '../push/outcome.ts'
import { handIn, inShort, KEY, requestsTo } from '../test/egress/hand-in.ts'
import {
  type Arrival,
  accept,
  CERTIFICATE,
  type Peer,
  SETTINGS_FRAME,
  startPeer,
  startRawPeer,
} from '../test/egress/http2-peer.ts'
import { type Egress, type EgressOptions, startEgress } from './server.ts'

const opened: Pick<Peer | Egress, 'close'>[] = []
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})

async function peer(...args: Parameters<typeof startPeer>): Promise<Peer> {
  const started = await startPeer(...args)
  opened.push(started)
  return started
}

async function rawPeer(...args: Parameters<typeof startRawPeer>) {
  const started = await startRawPeer(...args)
  opened.push(started)
  return started
}

async function egressTo(origin: string, options: Partial<EgressOptions> = {}): Promise<string> {
  const egress = await startEgress({ key: KEY, allowedHosts: [origin], ca: [CERTIFICATE.caPem], ...options })
  opened.unshift(egress)
  return egress.url
}

/** However slow the machine is that runs the test, there is one connection. */
const NEVER_CROWDED = { crowdedMs: 60_000 }

const paths = (count: number) => Array.from({ length: count }, (_, index) => `/${index}`)
const summary = (answers: Answer[]) => answers.map(inShort)

describe('what is sent', () => {
  test('arrives once each, with its path, its headers and its body', async () => {
    const service = await peer(accept)
    const egress = await egressTo(service.origin, { patience: NEVER_CROWDED })
    const bodies = ['{"a":"ä€😀"}', '', 'x'.repeat(40_000), new Uint8Array([0, 255, 10, 13])]
    const sharedHeaders = { authorization: `bearer ${'x'.repeat(2000)}`, 'apns-topic': 'com.example' }
    const requests = paths(300).map((path, index): PushRequest => {
      const ownHeaders = index % 2 === 0 ? null : { 'apns-id': `id-${index}` }
      return { url: service.origin + path, sharedHeaders, ownHeaders, body: bodies[index % bodies.length]! }
    })
    expect(summary(await handIn(egress, requests))).toEqual(requests.map(() => '200'))
    expect(service.sockets).toHaveLength(1)
    expect(service.arrivals).toHaveLength(300)
    const byPath = new Map(service.arrivals.map((arrival) => [arrival.path, arrival]))
    for (const [index, request] of requests.entries()) {
      const { headers, body } = byPath.get(`/${index}`)!
      expect(headers).toMatchObject({ ':method': 'POST', ':scheme': 'https', ...sharedHeaders, ...request.ownHeaders })
      expect(`https://${headers[':authority']}`).toBe(service.origin)
      expect(headers['content-length']).toBe(String(body.length))
      expect(body).toEqual(Buffer.from(request.body))
    }
  })

  test('takes another connection when it has waited for its turn', async () => {
    const held: Arrival[] = []
    const service = await peer((arrival) => held.push(arrival), { settings: { maxConcurrentStreams: 1 } })
    const egress = await egressTo(service.origin, { patience: { crowdedMs: 0, answerMs: 2000 } })
    const answers = handIn(egress, requestsTo(service.origin, paths(2)))
    await vi.waitFor(() => expect(held).toHaveLength(2))
    held.forEach(accept)
    expect(summary(await answers)).toEqual(['200', '200'])
    expect(service.sockets).toHaveLength(2)
  })

  const settings = [
    { what: 'few streams', settings: { maxConcurrentStreams: 2 }, mostAtOnce: 2 },
    { what: 'one stream', settings: { maxConcurrentStreams: 1 }, mostAtOnce: 1 },
    { what: 'a narrow window', settings: { initialWindowSize: 100 }, mostAtOnce: 40 },
    { what: 'no header table', settings: { headerTableSize: 0 }, mostAtOnce: 40 },
  ]
  test.each(settings)('keeps to a peer that takes $what', async ({ settings, mostAtOnce }) => {
    const service = await peer(accept, { settings })
    const egress = await egressTo(service.origin, { patience: NEVER_CROWDED })
    const body = 'x'.repeat(5000)
    expect(summary(await handIn(egress, requestsTo(service.origin, paths(40), body)))).toEqual(Array(40).fill('200'))
    expect(service.mostAtOnce()).toBeLessThanOrEqual(mostAtOnce)
    expect(service.arrivals.every((arrival) => arrival.body.toString() === body)).toBe(true)
  })

  test('goes over the same connection ticket after ticket, and never over that of another pool', async () => {
    const service = await peer(accept)
    const egress = await egressTo(service.origin)
    for (const pool of ['a', 'a', 'b', 'a', 'b']) await handIn(egress, requestsTo(service.origin, ['/']), pool)
    expect(service.sockets).toHaveLength(2)
  })

  test('reaches a host elsewhere than where its name points, under its own name', async () => {
    const service = await peer(accept)
    const connectTo = { 'push.example': service.origin.replace('https://localhost', '127.0.0.1') }
    const egress = await egressTo('https://push.example', { connectTo })
    expect(summary(await handIn(egress, requestsTo('https://push.example', ['/'])))).toEqual(['200'])
    expect(service.arrivals[0]?.headers[':authority']).toBe('push.example')
  })
})

describe('what is answered', () => {
  test('an error comes with its body and what a provider reads of its headers', async () => {
    const service = await peer(({ stream }) => {
      stream.respond({
        ':status': 429,
        'retry-after': '7',
        'content-type': 'application/json',
        'apns-id': 'i',
        etag: 'e',
      })
      stream.end('{"reason":"TooManyRequests"}')
    })
    const [answer] = await handIn(await egressTo(service.origin), requestsTo(service.origin, ['/']))
    expect(answer).toEqual({
      kind: 'response',
      status: 429,
      headers: { 'retry-after': '7', 'content-type': 'application/json', 'apns-id': 'i' },
      body: '{"reason":"TooManyRequests"}',
    })
  })

  test('of a long error body only the beginning is read', async () => {
    const service = await peer(({ stream }) => {
      stream.respond({ ':status': 500 })
      stream.end('x'.repeat(1_000_000))
    })
    const [answer] = await handIn(await egressTo(service.origin), requestsTo(service.origin, ['/']))
    expect(answer).toEqual({ kind: 'response', status: 500, headers: {}, body: 'x'.repeat(4096) })
  })

  test('the body of a success is left out, trailers and interim answers too', async () => {
    const service = await peer(({ stream }) => {
      stream.additionalHeaders({ ':status': 103 })
      stream.respond({ ':status': 201, location: 'x' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ done: 'yes' }))
      stream.end('x'.repeat(10_000))
    })
    const [answer] = await handIn(await egressTo(service.origin), requestsTo(service.origin, ['/']))
    expect(answer).toEqual({ kind: 'response', status: 201, headers: {}, body: '' })
  })

  test('a redirect is an answer like any other', async () => {
    const service = await peer(({ stream }) => stream.respond({ ':status': 302, location: '/x' }, { endStream: true }))
    const [answer] = await handIn(await egressTo(service.origin), requestsTo(service.origin, ['/']))
    expect(answer).toEqual({ kind: 'response', status: 302, headers: { location: '/x' }, body: '' })
  })
})

describe('what is not answered', () => {
  /** Does to each request what its path says. */
  const misbehave = ({ path, stream }: Arrival) => {
    if (path === '/refused') stream.close(constants.NGHTTP2_REFUSED_STREAM)
    else if (path === '/reset') stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    else if (path === '/half') {
      stream.respond({ ':status': 410 })
      stream.write('{"reason":', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR))
    } else if (path !== '/hang') stream.respond({ ':status': 200 }, { endStream: true })
  }
  const rows = [
    { path: '/refused', answer: 'no: stream_reset' },
    { path: '/reset', answer: 'maybe: stream_reset' },
    { path: '/half', answer: '410' },
    { path: '/hang', answer: 'maybe: timeout' },
    { path: '/fine', answer: '200' },
  ]
  test('is told apart request by request', async () => {
    const service = await peer(misbehave)
    const egress = await egressTo(service.origin, { patience: { answerMs: 200 } })
    const answers = await handIn(
      egress,
      requestsTo(
        service.origin,
        rows.map(({ path }) => path),
      ),
    )
    expect(summary(answers)).toEqual(rows.map(({ answer }) => answer))
    expect(summary(await handIn(egress, requestsTo(service.origin, ['/fine'])))).toEqual(['200'])
    expect(service.sockets).toHaveLength(1)
  })

  test('a request that took too long is cancelled', async () => {
    let cancelled: Promise<number> | undefined
    const service = await peer(({ stream }) => {
      cancelled = new Promise((resolve) => stream.once('close', () => resolve(stream.rstCode)))
    })
    const egress = await egressTo(service.origin, { patience: { answerMs: 100 } })
    await handIn(egress, requestsTo(service.origin, ['/']))
    expect(await cancelled).toBe(constants.NGHTTP2_CANCEL)
  })

  test('a goodbye names the last request that was looked at: those above it were not sent', async () => {
    const service = await peer((arrival) => {
      if (service.arrivals.length > 4) accept(arrival)
      if (service.arrivals.length !== 4) return
      const [first, second] = service.arrivals.toSorted((a, b) => a.stream.id! - b.stream.id!)
      arrival.session.goaway(constants.NGHTTP2_NO_ERROR, second!.stream.id!)
      accept(first!)
      accept(second!)
    })
    const egress = await egressTo(service.origin)
    const answers = await handIn(egress, requestsTo(service.origin, paths(4)))
    expect(summary(answers)).toEqual(['200', '200', 'no: goaway', 'no: goaway'])
    expect(summary(await handIn(egress, requestsTo(service.origin, ['/'])))).toEqual(['200'])
    expect(service.sockets).toHaveLength(2)
  })

  test('those below it may have been, if the connection ends without their answers', async () => {
    const service = await peer(({ session }) => {
      if (service.arrivals.length < 2) return
      const lowestId = Math.min(...service.arrivals.map(({ stream }) => stream.id!))
      session.goaway(constants.NGHTTP2_NO_ERROR, lowestId, Buffer.from('{"reason":"Shutdown"}'))
      // Answered only after the goodbye has been read.
      session.ping(() => session.destroy())
    })
    const answers = await handIn(await egressTo(service.origin), requestsTo(service.origin, paths(2)))
    expect(summary(answers)).toEqual(['maybe: goaway', 'no: goaway'])
  })

  test('a connection that breaks in the middle leaves in doubt what was unanswered, and nothing else', async () => {
    const service = await peer(
      (arrival) => {
        if (service.arrivals.length < 5) accept(arrival)
        else setImmediate(() => service.sockets[0]!.destroy())
      },
      { settings: { maxConcurrentStreams: 2 } },
    )
    const answers = summary(await handIn(await egressTo(service.origin), requestsTo(service.origin, paths(6))))
    expect(answers.slice(0, 4)).toEqual(Array(4).fill('200'))
    expect(answers[4]).toBe('maybe: connection_lost')
  })

  test('a peer that is silent and shows no sign of life is given up', async () => {
    const silent = await rawPeer((socket) => socket.write(SETTINGS_FRAME))
    const egress = await egressTo(silent.origin, { patience: { answerMs: 400, pingBusyMs: 50, pongMs: 50 } })
    expect(summary(await handIn(egress, requestsTo(silent.origin, ['/'])))).toEqual(['maybe: connection_lost'])
  })

  test('so is one that breaks the protocol', async () => {
    const wideWindow = Buffer.from('0000040800000000007fffffff', 'hex')
    const broken = await rawPeer((socket) => {
      socket.write(SETTINGS_FRAME)
      // The first bytes are the client's greeting, the next ones its request.
      socket.once('data', () => socket.once('data', () => socket.write(wideWindow)))
    })
    const answers = await handIn(await egressTo(broken.origin), requestsTo(broken.origin, ['/']))
    expect(summary(answers)).toEqual(['maybe: connection_lost'])
  })
})

describe('what cannot be reached is certainly not sent', () => {
  test('a host where nobody listens, which is left alone for a moment', async () => {
    const service = await peer(accept)
    await service.close()
    opened.length = 0
    const egress = await egressTo(service.origin)
    const failed = ['no: connect_failed', 'no: connect_failed']
    expect(summary(await handIn(egress, requestsTo(service.origin, paths(2))))).toEqual(failed)
    expect(summary(await handIn(egress, requestsTo(service.origin, paths(2))))).toEqual(failed)
  })

  test('a host that nobody vouches for', async () => {
    const service = await peer(accept)
    const egress = await egressTo(service.origin, { ca: [] })
    expect(summary(await handIn(egress, requestsTo(service.origin, ['/'])))).toEqual(['no: connect_failed'])
    expect(service.arrivals).toEqual([])
  })

  test('a peer that never says its settings', async () => {
    const mute = await rawPeer(() => undefined)
    const egress = await egressTo(mute.origin, { patience: { connectMs: 100, answerMs: 200 } })
    expect(summary(await handIn(egress, requestsTo(mute.origin, ['/'])))).toEqual(['no: connect_failed'])
  })

  test('a peer that hangs up at once', async () => {
    const curt = await rawPeer((socket) => socket.destroy())
    const egress = await egressTo(curt.origin)
    expect(summary(await handIn(egress, requestsTo(curt.origin, ['/'])))).toEqual(['no: connect_failed'])
  })
})
