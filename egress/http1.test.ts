/** The egress towards what speaks HTTP/1.1 only: plain bases, and push services that choose it. */
import { createServer as createHttpsServer } from 'node:https'
import { afterEach, expect, test } from 'vitest'
import { handIn, inShort, KEY, requestsTo } from '../test/egress/hand-in.ts'
import { CERTIFICATE } from '../test/egress/http2-peer.ts'
import { type ScriptedService, startScriptedService } from '../test/egress/scripted-service.ts'
import { type Egress, type EgressOptions, startEgress } from './server.ts'

const opened: (ScriptedService | Egress)[] = []
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})

async function service(...args: Parameters<typeof startScriptedService>): Promise<ScriptedService> {
  const started = await startScriptedService(...args)
  opened.push(started)
  return started
}

async function egressTo(origin: string, options: Partial<EgressOptions> = {}): Promise<string> {
  const egress = await startEgress({ key: KEY, allowedHosts: [origin], ca: [CERTIFICATE.caPem], ...options })
  opened.unshift(egress)
  return egress.url
}

const rows = [
  ['/fine', '200'],
  ['/created', '201'],
  ['/limited', '429'],
  ['/gone', '410'],
  ['/long', '500'],
  ['/redirect', '302'],
  ['/hang', 'maybe: timeout'],
  ['/lost', 'maybe: connection_lost'],
  ['/half', '400'],
] as const

test('what is answered and what is not is told apart request by request', async () => {
  const { origin } = await service()
  const egress = await egressTo(origin, { patience: { answerMs: 300 } })
  const answers = await handIn(
    egress,
    requestsTo(
      origin,
      rows.map(([path]) => path),
    ),
  )
  expect(answers.map(inShort)).toEqual(rows.map(([, answer]) => answer))
  expect(answers[2]).toMatchObject({
    headers: { 'retry-after': '7', 'content-type': 'application/json', 'x-wns-status': 'dropped' },
    body: '{"reason":"TooManyRequests"}',
  })
  expect(answers[4]).toMatchObject({ headers: { 'content-type': 'text/html' }, body: 'x'.repeat(4096) })
  expect(answers[8]).toMatchObject({ body: '{"reason":' })
})

test('everything arrives once, over a bounded number of connections that are used again', async () => {
  const { origin, bodies, connections } = await service()
  const egress = await egressTo(origin)
  const paths = Array.from({ length: 400 }, (_, index) => `/${index}`)
  for (let round = 0; round < 2; round++) {
    const answers = await handIn(egress, requestsTo(origin, paths, '{"ä":"😀"}'))
    expect(new Set(answers.map(inShort))).toEqual(new Set(['200']))
  }
  expect(paths.every((path) => String(bodies.get(path)) === '{"ä":"😀"},{"ä":"😀"}')).toBe(true)
  expect(connections()).toBeLessThanOrEqual(64)
})

test('where nobody listens, nothing was sent', async () => {
  const { origin, close } = await startScriptedService()
  await close()
  const answers = await handIn(await egressTo(origin), requestsTo(origin, ['/a', '/b']))
  expect(answers.map(inShort)).toEqual(['no: connect_failed', 'no: connect_failed'])
})

test('a push service with TLS that does not choose HTTP/2 is spoken to in HTTP/1.1', async () => {
  const tls = { cert: CERTIFICATE.certPem, key: CERTIFICATE.keyPem }
  const { origin, bodies } = await service((listener) => createHttpsServer(tls, listener))
  const secureOrigin = origin.replace('http://127.0.0.1', 'https://localhost')
  const egress = await egressTo(secureOrigin)
  const answers = await handIn(egress, requestsTo(secureOrigin, ['/a', '/limited', '/lost'], 'body'))
  expect(answers.map(inShort)).toEqual(['200', '429', 'maybe: connection_lost'])
  expect(bodies.get('/a')).toEqual(['body'])
})
