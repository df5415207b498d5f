/** What every request meets, whatever it asks for. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { api } from '../../workers/api/app.ts'
import { call, makeApp, ROOT } from './calling.ts'

interface OperationOfDocument {
  readonly operationId: string
  readonly summary: string
  readonly tags: string[]
}

describe('a problem', () => {
  it('is problem+json with every member of the contract', async () => {
    const { status, headers, body } = await call('POST', '/v1/apps', { bearer: ROOT, body: { name: 7 } })
    expect(status).toBe(400)
    expect(headers.get('Content-Type')).toBe('application/problem+json')
    expect(body).toEqual({
      type: '/docs#error-validation_failed',
      title: 'A field is missing, unknown or malformed',
      status: 400,
      detail: 'name: expected string, received number.',
      code: 'validation_failed',
      param: '/name',
      retry: 'never',
      request_id: headers.get('X-Request-Id'),
    })
  })

  it('leaves out param when no field is at fault', async () => {
    const { body } = await call('GET', '/v1/nothing')
    expect(body).not.toHaveProperty('param')
  })

  it.each([
    ['a missing field', {}, '/name'],
    ['an unknown field', { name: 'a', colour: 'red' }, '/colour'],
    ['an unknown field whose name needs escaping', { name: 'a', 'a/b~c': 1 }, '/a~1b~0c'],
    ['an empty name', { name: ' ' }, '/name'],
    ['a body that is no object', [1], ''],
  ])('names %s', async (_what, body, param) => {
    const answer = await call('POST', '/v1/apps', { bearer: ROOT, body })
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([400, 'validation_failed', param])
  })

  it.each([
    ['bad JSON', 400, 'bad_json', { body: '{"name":' }],
    ['an empty body', 400, 'bad_json', { body: '' }],
    ['no body', 400, 'validation_failed', {}],
    [
      'another media type',
      415,
      'unsupported_media_type',
      { body: '{"name":"a"}', headers: { 'Content-Type': 'text/plain' } },
    ],
    ['a body over 1 MiB', 413, 'body_too_large', { body: JSON.stringify({ name: 'x'.repeat(1024 * 1024) }) }],
  ])('answers %s with %i %s', async (_what, status, code, options) => {
    const answer = await call('POST', '/v1/apps', { bearer: ROOT, ...options })
    expect([answer.status, answer.body.code]).toEqual([status, code])
  })

  it('names a route that does not exist, and the methods of one that does', async () => {
    expect((await call('GET', '/v1/nothing')).body.code).toBe('route_not_found')
    const wrong = await call('DELETE', '/v1/apps')
    expect([wrong.status, wrong.body.code, wrong.headers.get('Allow')]).toEqual([405, 'method_not_allowed', 'POST'])
  })

  it('says nothing of what went wrong inside', async () => {
    const broken = {
      prepare: () => {
        throw new Error('secret of the database')
      },
    } as unknown as D1Database
    const answer = await call('GET', '/healthz', { env: { DB: broken } })
    expect([answer.status, answer.body.code, answer.body.retry]).toEqual([500, 'internal', 'backoff'])
    expect(answer.text).not.toContain('secret of the database')
  })

  it('says when to come back if a storage is overloaded', async () => {
    const busy = {
      prepare: () => {
        throw new Error('D1_ERROR: D1 DB is overloaded. Requests queued for too long.')
      },
    } as unknown as D1Database
    const { status, headers, body } = await call('GET', '/healthz', { env: { DB: busy } })
    expect([status, body.code, body.retry, headers.get('Retry-After')]).toEqual([503, 'overloaded', 'backoff', '5'])
  })
})

describe('a body', () => {
  it.each([
    ['of somebody whom nobody knows', '/v1/devices/import', 401],
    ['for a call that there is not', '/v1/nothing', 404],
  ])('%s is not read', async (_whose, path, status) => {
    let pulled = 0
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled++
        controller.enqueue(new Uint8Array(65_536))
        if (pulled === 100) controller.close()
      },
    })
    const headers = { 'Content-Type': 'application/x-ndjson', Authorization: 'Bearer sk_nobody' }
    const request = new Request(`https://fanfare.test${path}`, { method: 'POST', headers, body })
    expect((await api.fetch(request, env)).status).toBe(status)
    expect(pulled).toBeLessThan(5)
  })
})

describe('every answer', () => {
  it('carries a request id, which a problem names too', async () => {
    expect((await call('GET', '/healthz')).headers.get('X-Request-Id')).toMatch(/^req_[0-9a-f]{32}$/)
    const { headers, body } = await call('GET', '/v1/nothing')
    expect([headers.get('X-Request-Id'), body.request_id]).toEqual([body.request_id, expect.stringMatching(/^req_/)])
  })
})

describe('the reference', () => {
  it('documents every route that is mounted, with its security and its errors', async () => {
    const { body } = await call('GET', '/openapi.json')
    expect(body.openapi).toBe('3.1.0')
    const create = body.paths['/v1/apps'].post
    expect(create.security).toEqual([{ rootKey: [] }])
    expect(Object.keys(create.responses)).toEqual(
      expect.arrayContaining(['201', '400', '401', '403', '413', '415', '429', '500', '503']),
    )
    const codes = create.responses['503'].content['application/problem+json'].examples
    expect(Object.keys(codes)).toEqual(expect.arrayContaining(['root_key_missing', 'overloaded']))
  })

  it('gives every operation an id, a summary, a tag that is explained, and references that resolve', async () => {
    const { body, text } = await call('GET', '/openapi.json')
    const tags = body.tags.map((tag: { name: string }) => tag.name)
    for (const [path, item] of Object.entries<Record<string, OperationOfDocument>>(body.paths)) {
      for (const operation of Object.values(item)) {
        expect(operation.operationId, path).toMatch(/^[a-z][A-Za-z]+$/)
        expect(operation.summary, path).toBeTruthy()
        expect(tags, path).toContain(operation.tags[0])
      }
    }
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      expect(body.components.schemas).toHaveProperty(name!)
    }
  })

  it('is a page that loads nothing from elsewhere and runs nothing', async () => {
    const { status, text, headers } = await call('GET', '/docs')
    expect(status).toBe(200)
    expect(headers.get('Content-Type')).toContain('text/html')
    expect(text).not.toMatch(/<script|https?:\/\/(?!fanfare\.test|updates\.push|[a-z.]*example)/i)
    expect(text).toContain('id="error-bad_json"')
    expect(text).toContain('id="createApp"')
    expect((await call('GET', '/docs/style.css')).headers.get('Content-Type')).toContain('text/css')
  })
})

describe('health', () => {
  it('is ok when the database answers, and needs no key', async () => {
    const { status, body } = await call('GET', '/healthz')
    expect([status, body]).toEqual([200, { status: 'ok' }])
  })
})

describe('an app', () => {
  it('is created by the operator and read back by its own admin', async () => {
    const app = await makeApp('Weather')
    const read = await call('GET', `/v1/apps/${app.id}`, { bearer: app.admin })
    expect(read.body).toMatchObject({ id: app.id, name: 'Weather' })
    expect(app.id).toMatch(/^app_[0-9a-hjkmnp-tv-z]{29}$/)
  })
})
