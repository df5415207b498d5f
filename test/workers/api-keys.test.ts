/** API keys: what they may do, what they may not, and when they end. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { call, makeApp, ROOT } from './calling.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App
let other: App

beforeAll(async () => {
  app = await makeApp('Weather')
  other = await makeApp('Chess')
})

describe('creating a key', () => {
  it.each([
    ['admin', /^sk_/],
    ['sender', /^sk_/],
    ['analyst', /^sk_/],
    ['client', /^pk_/],
  ])('of role %s shows it once', async (role, prefix) => {
    const made = await call('POST', `/v1/apps/${app.id}/keys`, { bearer: app.admin, body: { role, name: 'mine' } })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({ role, name: 'mine', expires_at: null, revoked_at: null })
    expect(made.body.key).toMatch(prefix)
    const list = await call('GET', `/v1/apps/${app.id}/keys?limit=500`, { bearer: app.admin })
    expect(list.body.data.map((key: { id: string }) => key.id)).toContain(made.body.id)
    expect(list.text).not.toContain(made.body.key)
    const stored = await env.DB.prepare('select * from api_key').all()
    expect(JSON.stringify(stored.results)).not.toContain(made.body.key)
  })

  it.each([
    ['an unknown role', { role: 'owner' }, '/role'],
    ['a time that is past', { role: 'admin', expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
    ['a time in another notation', { role: 'admin', expires_at: 'tomorrow' }, '/expires_at'],
    ['an unknown field', { role: 'admin', scopes: [] }, '/scopes'],
  ])('refuses %s', async (_what, body, param) => {
    const answer = await call('POST', `/v1/apps/${app.id}/keys`, { bearer: app.admin, body })
    expect([answer.status, answer.body.param]).toEqual([400, param])
  })
})

describe('listing keys', () => {
  it('goes page by page in the order they were made', async () => {
    const { id, admin } = await makeApp('Pages')
    const first = await call('GET', `/v1/apps/${id}/keys?limit=3`, { bearer: admin })
    expect(first.body.data).toHaveLength(3)
    const rest = await call('GET', `/v1/apps/${id}/keys?limit=3&cursor=${first.body.next_cursor}`, { bearer: admin })
    expect(rest.body).toMatchObject({ data: [{}], next_cursor: null })
    const ids = [...first.body.data, ...rest.body.data].map((key) => key.id)
    expect(new Set(ids).size).toBe(4)
  })
})

describe('revoking a key', () => {
  it('holds for the very next request, also when the key was used a moment before', async () => {
    const made = await call('POST', `/v1/apps/${app.id}/keys`, { bearer: app.admin, body: { role: 'admin' } })
    const { id, key } = made.body
    expect((await call('GET', `/v1/apps/${app.id}`, { bearer: key })).status).toBe(200)
    expect((await call('DELETE', `/v1/apps/${app.id}/keys/${id}`, { bearer: app.admin })).status).toBe(204)
    const refused = await call('GET', `/v1/apps/${app.id}`, { bearer: key })
    expect([refused.status, refused.body.code]).toEqual([401, 'unauthorized'])
  })

  it('may be said twice', async () => {
    const { body } = await call('POST', `/v1/apps/${app.id}/keys`, { bearer: app.admin, body: { role: 'client' } })
    const revoke = () => call('DELETE', `/v1/apps/${app.id}/keys/${body.id}`, { bearer: app.admin })
    expect([(await revoke()).status, (await revoke()).status]).toEqual([204, 204])
  })

  it('does not reach another app’s keys', async () => {
    const { body } = await call('GET', `/v1/apps/${other.id}/keys`, { bearer: other.admin })
    const theirs = body.data[0].id
    const answer = await call('DELETE', `/v1/apps/${app.id}/keys/${theirs}`, { bearer: app.admin })
    expect([answer.status, answer.body.code]).toEqual([404, 'not_found'])
    expect((await call('GET', `/v1/apps/${other.id}`, { bearer: other.admin })).status).toBe(200)
  })
})

describe('a key', () => {
  it('ends when it expires', async () => {
    const expires_at = new Date(Date.now() + 60_000).toISOString()
    const made = await call('POST', `/v1/apps/${app.id}/keys`, { bearer: ROOT, body: { role: 'admin', expires_at } })
    await env.DB.prepare('update api_key set expires_at = 1 where id = ?').bind(made.body.id).run()
    const refused = await call('GET', `/v1/apps/${app.id}`, { bearer: made.body.key })
    expect([refused.status, refused.body.detail]).toEqual([401, 'This API key expired at 1970-01-01T00:00:00.001Z.'])
  })

  it('of another app is told that the app does not exist', async () => {
    for (const path of ['', '/keys', '/credentials']) {
      const answer = await call('GET', `/v1/apps/${app.id}${path}`, { bearer: other.admin })
      expect([answer.status, answer.body.code]).toEqual([404, 'not_found'])
    }
    const put = await call('POST', `/v1/apps/${app.id}/keys`, { bearer: other.admin, body: { role: 'admin' } })
    expect(put.status).toBe(404)
  })

  it.each(['sender', 'analyst', 'client'] as const)('of role %s does not manage its app', async (role) => {
    const answer = await call('GET', `/v1/apps/${app.id}/keys`, { bearer: app[role] })
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden'])
  })

  it('does not create apps, whatever its role', async () => {
    const answer = await call('POST', '/v1/apps', { bearer: app.admin, body: { name: 'Mine' } })
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden'])
  })
})

describe('the root key', () => {
  it('manages every app, and no app that is not there', async () => {
    expect((await call('GET', `/v1/apps/${other.id}`, { bearer: ROOT })).status).toBe(200)
    expect((await call('GET', '/v1/apps/app_0', { bearer: ROOT })).status).toBe(404)
  })

  it('is not a key of an app', async () => {
    const answer = await call('POST', '/v1/tokens', {
      bearer: ROOT,
      body: { scopes: ['topics:read'], ttl_seconds: 60 },
    })
    expect([answer.status, answer.body.code]).toEqual([403, 'app_key_required'])
  })

  it.each([
    ['creating an app', 'POST', '/v1/apps'],
    ['reading one', 'GET', '/v1/apps/app_0'],
  ])('when it is not set, is asked for by its command when %s', async (_what, method, path) => {
    const answer = await call(method, path, { bearer: 'anything', env: { ROOT_KEY: undefined } })
    expect([answer.status, answer.body.code]).toEqual([503, 'root_key_missing'])
    expect(answer.body.detail).toContain('wrangler secret put ROOT_KEY')
  })

  it('is not needed by an admin key', async () => {
    const answer = await call('GET', `/v1/apps/${app.id}`, { bearer: app.admin, env: { ROOT_KEY: undefined } })
    expect(answer.status).toBe(200)
  })

  it('that is set to nothing admits nobody', async () => {
    const answer = await call('POST', '/v1/apps', { headers: { Authorization: 'Bearer ' }, env: { ROOT_KEY: '' } })
    expect(answer.status).toBe(503)
  })
})

describe('a bearer', () => {
  const path = () => `/v1/apps/${app.id}/keys`

  it.each([
    ['is missing', {}],
    ['has another scheme', { Authorization: 'Basic cm9vdDpyb290' }],
    ['is empty', { Authorization: 'Bearer ' }],
    ['is two', { Authorization: 'Bearer a b' }],
    ['is unknown', { Authorization: 'Bearer root-key-of-the-test' }],
    ['has a wrong checksum', { Authorization: `Bearer sk_${'0'.repeat(38)}` }],
    ['is an invented device key', { Authorization: `Bearer dk_${'0'.repeat(29)}_${'0'.repeat(29)}_${'A'.repeat(43)}` }],
    ['is an unsigned JWT', { Authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' }],
  ])('that %s is refused with a challenge', async (_what, headers) => {
    const answer = await call('GET', path(), { headers: headers as Record<string, string> })
    expect([answer.status, answer.body.code]).toEqual([401, 'unauthorized'])
    expect(answer.headers.get('WWW-Authenticate')).toMatch(/^Bearer/)
  })

  it('may spell its scheme in any case', async () => {
    expect((await call('GET', path(), { headers: { Authorization: `bearer ${app.admin}` } })).status).toBe(200)
  })
})
