/** Requests that are wrong in everything but their body: paths, queries, headers, methods, bearers, endpoints. */
import { beforeAll, describe, expect, it } from 'vitest'
import { type Called, call, makeApp, ROOT } from './calling.ts'
import { fcmDevice, subscription } from './device-samples.ts'

let app: Awaited<ReturnType<typeof makeApp>>
let device: { id: string; device_key: string }

beforeAll(async () => {
  app = await makeApp()
  device = (await call('POST', '/v1/devices', { bearer: app.client, body: fcmDevice() })).body
})

function expectProblem({ status, headers, body }: Called, expected: number, code: string, param?: string) {
  expect(headers.get('Content-Type')).toBe('application/problem+json')
  expect([status, body.status, body.code, body.param]).toEqual([expected, expected, code, param])
  expect(body.type).toBe(`/docs#error-${code}`)
  expect(body.request_id).toBe(headers.get('X-Request-Id'))
}

const HOSTILE_SEGMENTS = [
  '%00',
  '%FF',
  '%',
  '%2',
  '%20',
  '%2F..%2F',
  '%C3%A9',
  '%ED%A0%80',
  '%F0%9F%98%80',
  '__proto__',
  'constructor',
  "'%20or%201=1--",
  'dev_x',
  `dev_${'u'.repeat(29)}`,
  `ntf_${'0'.repeat(30)}`,
  'x'.repeat(5_000),
]

describe.each(HOSTILE_SEGMENTS)('the id %.40s', (id) => {
  it('names nothing', async () => {
    const bearer = app.admin
    const inApp = `/v1/apps/${app.id}`
    expectProblem(await call('GET', `/v1/devices/${id}`, { bearer }), 404, 'not_found', 'id')
    expectProblem(await call('PATCH', `/v1/devices/${id}`, { bearer, body: {} }), 404, 'not_found', 'id')
    expectProblem(await call('DELETE', `/v1/devices/${id}`, { bearer }), 404, 'not_found', 'id')
    expectProblem(await call('DELETE', `/v1/devices/${id}`, { bearer: device.device_key }), 404, 'not_found', 'id')
    expectProblem(await call('PUT', `/v1/topics/t/devices/${id}`, { bearer }), 404, 'not_found', 'id')
    expectProblem(await call('DELETE', `/v1/topics/t/devices/${id}`, { bearer }), 404, 'not_found', 'id')
    expectProblem(await call('GET', `/v1/notifications/${id}`, { bearer }), 404, 'not_found', 'id')
    expectProblem(await call('GET', `/v1/notifications/${id}/deliveries`, { bearer }), 404, 'not_found', 'id')
    expectProblem(await call('POST', `/v1/notifications/${id}/cancel`, { bearer }), 404, 'not_found', 'id')
    expectProblem(await call('DELETE', `${inApp}/keys/${id}`, { bearer }), 404, 'not_found', 'id')
    expectProblem(await call('GET', `/v1/apps/${id}`, { bearer: ROOT }), 404, 'not_found', 'app')
    expectProblem(await call('GET', `/v1/apps/${id}/keys`, { bearer }), 404, 'not_found', 'app')
    expectProblem(await call('GET', `/v1/apps/${id}/credentials`, { bearer: ROOT }), 404, 'not_found', 'app')
    const platform = await call('DELETE', `${inApp}/credentials/${id}`, { bearer })
    expectProblem(platform, 400, 'validation_failed', 'platform')
  })
})

describe('a topic in a path', () => {
  it.each([
    ['a%b', 'a%25b'],
    ['a%b', 'a%b'],
    ['%41', '%2541'],
    ['%2F', '%252F'],
    ['%FF', '%FF'],
    ['~', '%7E'],
    ['a..b', 'a..b'],
    ['...', '...'],
    ['%', '%25'],
    ['%'.repeat(900), '%25'.repeat(900)],
  ])('%.20s may be written %.20s', async (name, written) => {
    const path = `/v1/topics/${written}/devices/${device.id}`
    expect((await call('PUT', path, { bearer: device.device_key })).status).toBe(204)
    const topic = await call('GET', `/v1/topics/${written}`, { bearer: app.analyst })
    expect(topic.body).toEqual({ name, subscribers: 1, shards: 1 })
    expect((await call('DELETE', path, { bearer: device.device_key })).status).toBe(204)
    expect((await call('GET', `/v1/topics/${written}`, { bearer: app.analyst })).body.subscribers).toBe(0)
  })

  it.each(['%20', '%00', '%2F', '%C3%A9', 'a+b', 'a:b', 'a%0A', 'x'.repeat(901)])('is not %.20s', async (written) => {
    const bearer = app.sender
    const member = `/v1/topics/${written}/devices/${device.id}`
    expectProblem(await call('PUT', member, { bearer }), 400, 'invalid_topic', 'topic')
    expectProblem(await call('DELETE', member, { bearer }), 400, 'invalid_topic', 'topic')
    expectProblem(await call('GET', `/v1/topics/${written}`, { bearer }), 400, 'invalid_topic', 'topic')
    const bulk = await call('POST', `/v1/topics/${written}/devices`, { bearer, body: { add: [device.id] } })
    expectProblem(bulk, 400, 'invalid_topic', 'topic')
  })

  it.each(['.', '..'])(
    'is not named %s anywhere: no URL could name it, and another call would be made of it',
    async (name) => {
      const bearer = app.sender
      const registered = await call('POST', '/v1/devices', { bearer, body: fcmDevice({ topics: ['a', name] }) })
      expectProblem(registered, 400, 'invalid_topic', '/topics/1')
      const sent = await call('POST', '/v1/notifications', { bearer, body: { to: { topic: name } } })
      expectProblem(sent, 400, 'invalid_topic', '/to/topic')
    },
  )
})

describe('a query', () => {
  const inApp = (path: string) => path.replace('{app}', app.id)

  it.each(['/v1/topics', '/v1/apps/{app}/keys'])('of %s that is wrong names the parameter', async (path) => {
    const wrong: [query: string, code: string, param: string][] = [
      ['limit=', 'validation_failed', 'limit'],
      ['limit=0', 'validation_failed', 'limit'],
      ['limit=-1', 'validation_failed', 'limit'],
      ['limit=1.5', 'validation_failed', 'limit'],
      ['limit=501', 'validation_failed', 'limit'],
      ['limit=1e400', 'validation_failed', 'limit'],
      ['limit=ten', 'validation_failed', 'limit'],
      ['limit=1&limit=2', 'validation_failed', 'limit'],
      ['limit[]=1', 'validation_failed', 'limit[]'],
      ['cursor=', 'validation_failed', 'cursor'],
      [`cursor=${'x'.repeat(2049)}`, 'validation_failed', 'cursor'],
      ['cursor=a', 'invalid_cursor', 'cursor'],
      ['cursor=AA==', 'invalid_cursor', 'cursor'],
      ['cursor=%00', 'invalid_cursor', 'cursor'],
      ['page=2', 'validation_failed', 'page'],
      ['__proto__=1', 'validation_failed', '__proto__'],
    ]
    for (const [query, code, param] of wrong) {
      expectProblem(await call('GET', `${inApp(path)}?${query}`, { bearer: app.admin }), 400, code, param)
    }
  })
})

describe('a media type', () => {
  it.each([
    'text/plain',
    'text/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json, text/plain',
    'json',
    ';',
  ])('%s is not taken', async (type) => {
    const options = { bearer: app.sender, body: '{"to":{"topic":"t"}}', headers: { 'Content-Type': type } }
    expectProblem(await call('POST', '/v1/notifications', options), 415, 'unsupported_media_type')
    const change = await call('PATCH', `/v1/devices/${device.id}`, { ...options, body: '{}' })
    expectProblem(change, 415, 'unsupported_media_type')
  })

  it.each(['application/json', 'APPLICATION/JSON', 'application/json;charset=UTF-8'])('%s is taken', async (type) => {
    const options = { bearer: app.sender, body: '{"to":{"users":["nobody"]}}', headers: { 'Content-Type': type } }
    expect((await call('POST', '/v1/notifications', options)).status).toBe(202)
  })
})

describe('a method or a path', () => {
  it.each([
    ['GET', '/v1/apps', 'POST'],
    ['PURGE', '/v1/apps', 'POST'],
    ['GET', '/v1/devices', 'POST'],
    ['GET', '/v1/notifications', 'POST'],
    ['GET', '/v1/topics/t/devices', 'POST'],
    ['PUT', '/v1/topics/t', 'GET, HEAD, DELETE'],
    ['POST', '/openapi.json', 'GET, HEAD'],
  ])('%s %s is told what is allowed', async (method, path, allowed) => {
    const answer = await call(method, path, { bearer: app.admin })
    expectProblem(answer, 405, 'method_not_allowed')
    expect(answer.headers.get('Allow')).toBe(allowed)
  })

  it.each(['/', '/v1', '/v1/apps/', '//v1/topics', '/v1//topics', '/V1/topics', '/v1/topics/', '/docs/', '/%', '/%00'])(
    'GET %s is no route',
    async (path) => expectProblem(await call('GET', path, { bearer: app.admin }), 404, 'route_not_found'),
  )
})

describe('a bearer', () => {
  const PARTS = 'eyJraWQiOiJhcHBfMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAiLCJhbGciOiJIUzI1NiJ9.e30'
  it.each([
    '',
    'Bearer',
    'Basic YTpi',
    'Bearer a b',
    'Bearer sk_',
    `Bearer sk_${'0'.repeat(38)}`,
    'Bearer dk_',
    `Bearer dk_${'0'.repeat(29)}_${'0'.repeat(29)}_${'A'.repeat(43)}`,
    'Bearer ..',
    'Bearer eyJhbGciOiJub25lIn0.e30.',
    'Bearer W10.W10.x',
    'Bearer bnVsbA.e30.x',
    'Bearer eyJraWQiOjF9.e30.x',
    `Bearer ${PARTS}.x`,
    `Bearer ${'x'.repeat(10_000)}`,
  ])('%.60s opens nothing', async (authorization) => {
    const answer = await call('GET', '/v1/topics', { headers: { Authorization: authorization } })
    expectProblem(answer, 401, 'unauthorized')
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer')
  })
})

describe('an endpoint of a subscription reaches no address of ours or of the operator’s network', () => {
  it.each([
    'http://127.0.0.1/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://0/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[fe80::1]/',
    'https://localhost/',
    'https://localhost./',
    'https://10.0.0.1/',
    'https://172.16.0.1/',
    'https://192.168.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://metadata.google.internal/',
    'https://127.0.0.1.nip.io/',
    'https://１２７.０.０.１/',
    'https://127。0。0。1/',
    'https://%31%32%37.0.0.1/',
    'https://fcm.googleapis.com@127.0.0.1/',
    'https://127.0.0.1#@fcm.googleapis.com/',
    'https://127.0.0.1\\@fcm.googleapis.com/',
    'https://fcm.googleapis.com:8443/',
    'https://fcm.googleapis.com./',
    'https://fcm.googleapis.com.evil.example/',
    'https://evil-push.apple.com/',
    'https:fcm.googleapis.com/',
    'HTTPS://fcm.googleapis.com/',
    'https://fcm.googleapis.com\t/',
    ' https://fcm.googleapis.com/',
    'http://fcm.googleapis.com/',
    'ftp://fcm.googleapis.com/',
    'file:///etc/passwd',
    '//fcm.googleapis.com/',
    '',
    `https://fcm.googleapis.com/${'x'.repeat(2048)}`,
  ])('%.60s', async (endpoint) => {
    const body = { platform: 'webpush', subscription: { ...subscription(), endpoint } }
    const answer = await call('POST', '/v1/devices', { bearer: app.client, body })
    expectProblem(answer, 400, 'endpoint_not_allowed', '/subscription/endpoint')
  })
})
