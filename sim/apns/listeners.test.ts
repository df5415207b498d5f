/** How APNs is reached: what the listeners take and drop, and what a connection is bound to. */
import { sign } from 'node:crypto'
import { once } from 'node:events'
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2'
import { connect as connectTls } from 'node:tls'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Desk, makeDesk } from '../desk.ts'
import { type ApnsSimulator, startApns } from './server.ts'
import type { KeyRequest } from './signing-keys.ts'

const BUNDLE_ID = 'com.example.app'
const PATH = `/3/device/${'ab'.repeat(32)}`

let desk: Desk
let apns: ApnsSimulator
const sessions: ClientHttp2Session[] = []

beforeAll(async () => {
  desk = makeDesk()
  apns = await startApns(desk)
})

afterEach(() => {
  for (const session of sessions.splice(0)) session.destroy()
  desk.faults.clear()
})

afterAll(() => apns.close())

function authorization(request: KeyRequest = {}): string {
  const { key, privateKey } = apns.keys.register(request)
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signedText = `${part({ alg: 'ES256', kid: key.keyId })}.${part({ iss: key.teamId, iat: Math.floor(Date.now() / 1000) })}`
  const signature = sign('sha256', Buffer.from(signedText), { key: privateKey!, dsaEncoding: 'ieee-p1363' })
  return `bearer ${signedText}.${signature.toString('base64url')}`
}

function open(servername = 'localhost'): ClientHttp2Session {
  const session = connect(apns.url, { ca: desk.certificate.caPem, servername })
  sessions.push(session)
  return session
}

interface Answer {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

async function push(session: ClientHttp2Session, credential: string): Promise<Answer> {
  const stream = session.request({
    ':method': 'POST',
    ':path': PATH,
    authorization: credential,
    'apns-topic': BUNDLE_ID,
    'apns-push-type': 'alert',
  })
  stream.end('{"aps":{"alert":"Hello"}}')
  const [headers] = await once(stream, 'response')
  return { headers, body: (await stream.setEncoding('utf8').toArray()).join('') }
}

test('a missing apns-id is made, as a lower-case UUID', async () => {
  const { headers } = await push(open(), authorization())
  expect(headers[':status']).toBe(200)
  expect(headers['apns-id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
})

test('a connection belongs to the team of its first push', async () => {
  const session = open()
  const [first, second] = [authorization(), authorization()]
  expect((await push(session, first)).headers[':status']).toBe(200)
  const refused = await push(session, second)
  expect([refused.headers[':status'], refused.body]).toEqual([403, '{"reason":"InvalidProviderToken"}'])
  expect((await push(open(), second)).headers[':status']).toBe(200)
})

test('the host in the SNI is the environment', async () => {
  const credential = authorization()
  const sandbox = await push(open('api.sandbox.push.apple.com'), credential)
  expect(sandbox.headers).toHaveProperty('apns-unique-id')
  const production = await push(open('api.push.apple.com'), credential)
  expect(production.headers).not.toHaveProperty('apns-unique-id')
  const refused = await push(open('api.push.apple.com'), authorization({ environment: 'sandbox' }))
  expect(refused.body).toBe('{"reason":"BadEnvironmentKeyIdInToken"}')
})

test('GOAWAY says why, in JSON, and does not cover the request that it answers', async () => {
  const session = open()
  const credential = authorization()
  expect((await push(session, credential)).headers[':status']).toBe(200)
  desk.faults.add({ service: 'apns', prefix: '', effect: { kind: 'goaway', reason: 'IdleTimeout' } })
  const goaway = once(session, 'goaway')
  await expect(push(session, credential)).rejects.toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' })
  const [code, lastStreamId, data] = await goaway
  expect([code, lastStreamId, data.toString()]).toEqual([0, 1, '{"reason":"IdleTimeout"}'])
})

test.each([
  ['only HTTP/1.1', ['http/1.1']],
  ['nothing', undefined],
])('a client that offers %s is dropped without an answer', async (_, ALPNProtocols) => {
  const { port } = new URL(apns.url)
  const socket = connectTls({
    host: '127.0.0.1',
    port: Number(port),
    servername: 'localhost',
    ca: desk.certificate.caPem,
    ALPNProtocols,
  })
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  // In one case the handshake fails, in the other the connection ends; the client sees an error only in the first.
  const ended = new Promise((resolve) => socket.once('close', resolve).once('error', resolve))
  socket.write('POST / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await ended
  expect(received).toBe('')
})

test('over plain HTTP/1.1 the rules are the same, but a connection belongs to nobody', async () => {
  const post = (credential: string) =>
    fetch(`${apns.httpUrl}${PATH}`, {
      method: 'POST',
      headers: { authorization: credential, 'apns-topic': BUNDLE_ID },
      body: '{"aps":{"alert":"Hello"}}',
    })
  expect((await post(authorization())).status).toBe(200)
  expect((await post(authorization())).status).toBe(200)
  const refused = await post('bearer x')
  expect(refused.headers.get('apns-id')).toBeTruthy()
  expect([refused.status, await refused.json()]).toEqual([403, { reason: 'InvalidProviderToken' }])
})
