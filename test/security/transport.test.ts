/** What a request must be, whatever it asks for, and what every answer says to a browser. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { api } from '../../workers/api/app.ts'
import { call, makeApp, ROOT } from '../workers/calling.ts'

let app: Awaited<ReturnType<typeof makeApp>>

beforeAll(async () => {
  app = await makeApp()
})

async function ask(url: string, init: RequestInit = {}, changed: Partial<Env> = {}) {
  const answer = await api.fetch(new Request(url, init), { ...env, ...changed })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, text, code: /"code":"(\w+)"/.exec(text)?.[1] }
}

describe('plain HTTP', () => {
  const bearer = () => ({ Authorization: `Bearer ${app.admin}` })

  it.each(['push.example', '192.168.1.7', '0.0.0.0', '127.0.0.1.example', 'localhost.example', '[::2]'])(
    'to %s is refused, and never redirected',
    async (host) => {
      for (const path of ['/v1/topics', '/docs', '/healthz', '/nothing']) {
        const answer = await ask(`http://${host}${path}`, { headers: bearer() })
        expect([answer.status, answer.code, answer.headers.get('Location')]).toEqual([403, 'https_required', null])
      }
    },
  )

  it('is refused before anything is done', async () => {
    const headers = { Authorization: `Bearer ${ROOT}`, 'Content-Type': 'application/json' }
    const body = JSON.stringify({ allowed_origins: ['https://evil.example'] })
    await ask(`http://push.example/v1/apps/${app.id}/settings`, { method: 'PATCH', headers, body })
    const { body: settings } = await call('GET', `/v1/apps/${app.id}/settings`, { bearer: app.admin })
    expect(settings.allowed_origins).toBeNull()
  })

  it.each([
    ['X-Forwarded-Proto', 'https'],
    ['Forwarded', 'proto=https;host=127.0.0.1'],
    ['CF-Visitor', '{"scheme":"https"}'],
    ['X-Forwarded-Host', '127.0.0.1'],
  ])('is not taken for https because a header %s says so', async (name, value) => {
    expect((await ask('http://push.example/v1/topics', { headers: { [name]: value } })).status).toBe(403)
  })

  it.each(['127.0.0.1:8787', 'localhost:8787', '[::1]:8787', 'fanfare.localhost'])(
    'is answered on %s',
    async (host) => {
      expect((await ask(`http://${host}/v1/topics`, { headers: bearer() })).status).toBe(200)
    },
  )

  it('is answered where the operator says so', async () => {
    const answer = await ask('http://push.example/v1/topics', { headers: bearer() }, { ALLOW_HTTP: 'true' })
    expect(answer.status).toBe(200)
  })
})

describe('every answer', () => {
  const EXPECTED = {
    'Content-Security-Policy':
      "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Strict-Transport-Security': 'max-age=31536000',
  }

  it.each([
    ['a page', 'GET', '/docs', 200],
    ['a document', 'GET', '/openapi.json', 200],
    ['data', 'GET', '/healthz', 200],
    ['nobody', 'GET', '/v1/topics', 401],
    ['no route', 'GET', '/nothing', 404],
    ['another method', 'DELETE', '/healthz', 405],
    ['a preflight that nobody answers', 'OPTIONS', '/v1/apps', 405],
    ['a body too large', 'POST', '/v1/apps', 413],
  ])('to %s carries every security header', async (_what, method, path, status) => {
    const body = method === 'POST' ? 'x'.repeat(1024 * 1024 + 1) : undefined
    // Of a stranger no body is read.
    const headers = body === undefined ? undefined : { Authorization: `Bearer ${ROOT}` }
    const answer = await ask(`https://push.example${path}`, { method, body, headers })
    expect(answer.status).toBe(status)
    const said = Object.fromEntries(Object.keys(EXPECTED).map((name) => [name, answer.headers.get(name)]))
    expect(said).toEqual(EXPECTED)
    expect(answer.headers.get('X-Powered-By')).toBeNull()
    expect(answer.headers.get('X-Request-Id')).toMatch(/^req_[0-9a-f]{32}$/)
  })

  it('over plain HTTP asks for no strict transport, which browsers must not believe there', async () => {
    expect((await ask('http://127.0.0.1/healthz')).headers.get('Strict-Transport-Security')).toBeNull()
  })

  it('is nobody’s to keep, unless its route says so', async () => {
    const answer = await call('POST', `/v1/apps/${app.id}/keys`, { bearer: app.admin, body: { role: 'client' } })
    expect([answer.status, answer.headers.get('Cache-Control')]).toEqual([201, 'no-store'])
    expect((await call('GET', '/v1/topics')).headers.get('Cache-Control')).toBe('no-store')
    expect((await call('GET', '/docs')).headers.get('Cache-Control')).toBe('public, max-age=300')
  })
})

describe('the address and the headers of a request', () => {
  it.each([
    ['a path', `/v1/devices/${'x'.repeat(9_000)}`],
    ['a query', `/v1/topics?cursor=${'x'.repeat(9_000)}`],
    ['many parameters', `/v1/topics?${'a&'.repeat(5_000)}`],
  ])('are refused with %s beyond reason', async (_what, path) => {
    const answer = await call('GET', path, { bearer: app.admin })
    expect([answer.status, answer.body.code]).toEqual([414, 'url_too_long'])
  })

  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`X-Filler-${i}`, 'x']))
  it.each([
    ['too many', many(101)],
    ['one that is too large', { 'X-Filler': 'x'.repeat(33_000) }],
    ['together too large', Object.fromEntries(Object.keys(many(90)).map((name) => [name, 'x'.repeat(400)]))],
  ])('are refused with headers that are %s', async (_what, headers) => {
    const answer = await call('GET', '/v1/topics', { bearer: app.admin, headers })
    expect([answer.status, answer.body.code]).toEqual([431, 'headers_too_large'])
  })

  it('are taken as large as anybody needs them', async () => {
    expect((await call('GET', '/v1/topics', { bearer: app.analyst, headers: many(90) })).status).toBe(200)
  })

  it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'])(
    'do not change the method by %s',
    async (name) => {
      const device = '/v1/apps/'.concat(app.id)
      const answer = await call('GET', device, { bearer: ROOT, headers: { [name]: 'DELETE' } })
      expect([answer.status, answer.body.id]).toEqual([200, app.id])
      expect((await call('GET', device, { bearer: ROOT })).status).toBe(200)
    },
  )

  it('do not change the method by a query', async () => {
    expect((await call('GET', '/v1/topics?_method=DELETE', { bearer: app.admin })).body.param).toBe('_method')
  })
})

describe('a request id of the caller’s', () => {
  it.each(['mine-1', 'a_b=c', 'a"b', '<script>', 'a%0d%0aSet-Cookie:x=1', '{"level":"error"}', '0'.repeat(256)])(
    '%.30j is not taken: another is made',
    async (id) => {
      const { headers, text } = await call('GET', '/nothing', { headers: { 'X-Request-Id': id } })
      expect(headers.get('X-Request-Id')).toMatch(/^req_[0-9a-f]{32}$/)
      expect(text).not.toContain(id)
    },
  )
})

describe('nothing of a request becomes a header of the answer', () => {
  const INJECTED = '%0d%0aSet-Cookie:%20a=b'
  it.each([
    ['GET', `/v1/devices/x${INJECTED}`],
    ['GET', `/v1/topics/x${INJECTED}`],
    ['GET', `/v1/topics?cursor=${INJECTED}`],
    ['GET', `/nothing${INJECTED}`],
    ['PURGE', `/v1/topics/x${INJECTED}`],
    ['DELETE', `/v1/apps/x${INJECTED}`],
  ])('%s %s', async (method, path) => {
    const { headers, body } = await call(method, path, { bearer: app.admin })
    expect(headers.get('Set-Cookie')).toBeNull()
    expect(headers.get('Content-Type')).toBe('application/problem+json')
    expect(body.status).toBeGreaterThanOrEqual(400)
  })

  it('a line break in a body that makes a Location', async () => {
    const idempotency = { 'Idempotency-Key': 'a%0d%0aSet-Cookie: a=b' }
    const body = { to: { topic: 'news' }, title: 'a\r\nSet-Cookie: a=b', collapse_key: 'a\r\nb' }
    const sent = await call('POST', '/v1/notifications', { bearer: app.sender, body, headers: idempotency })
    expect(sent.headers.get('Set-Cookie')).toBeNull()
    expect(sent.headers.get('Location') ?? '/v1/notifications/ntf_').toMatch(/^\/v1\/notifications\/ntf_[0-9a-z]*$/)
  })
})
