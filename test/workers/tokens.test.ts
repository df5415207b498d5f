/** Short-lived tokens: what they carry and what is made of wrong ones. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { revokeApiKey } from '../../schema/d1/api-keys.ts'
import { call, makeApp, ROOT } from './calling.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App

beforeAll(async () => {
  app = await makeApp()
})

const mint = (bearer: string, body: unknown, options = {}) => call('POST', '/v1/tokens', { bearer, body, ...options })

describe('minting a token', () => {
  it('lends a backend’s right to one user’s client', async () => {
    const before = Date.now()
    const { status, body } = await mint(app.sender, { scopes: ['devices:register'], ttl_seconds: 900, user_id: 'ada' })
    expect(status).toBe(201)
    const lifetime = Date.parse(body.expires_at) - before
    expect(lifetime).toBeGreaterThan(898_000)
    expect(lifetime).toBeLessThanOrEqual(901_000)
  })

  it.each([
    ['a scope that the caller has not got', 'sender', { scopes: ['topics:read', 'devices:import'] }, '/scopes/1'],
    ['a scope that makes keys', 'admin', { scopes: ['app:manage'] }, '/scopes/0'],
    ['a scope that mints tokens', 'admin', { scopes: ['tokens:mint'] }, '/scopes/0'],
    ['a scope that reaches beyond the user', 'admin', { scopes: ['devices:manage'], user_id: 'ada' }, '/scopes/0'],
  ] as const)('refuses %s', async (_what, role, body, param) => {
    const answer = await mint(app[role], { ttl_seconds: 60, ...body })
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([403, 'scope_not_allowed', param])
  })

  it.each([
    ['an unknown scope', { scopes: ['everything'], ttl_seconds: 60 }, '/scopes/0'],
    ['no scope', { scopes: [], ttl_seconds: 60 }, '/scopes'],
    ['more than an hour', { scopes: ['topics:read'], ttl_seconds: 3601 }, '/ttl_seconds'],
    ['no time', { scopes: ['topics:read'], ttl_seconds: 0 }, '/ttl_seconds'],
    ['a time left out', { scopes: ['topics:read'] }, '/ttl_seconds'],
  ])('refuses %s', async (_what, body, param) => {
    const answer = await mint(app.admin, body)
    expect([answer.status, answer.body.param]).toEqual([400, param])
  })

  it.each(['analyst', 'client'] as const)('is not for a key of role %s', async (role) => {
    expect((await mint(app[role], { scopes: ['devices:register'], ttl_seconds: 60 })).status).toBe(403)
  })

  it('needs CREDENTIALS_KEY, and says so', async () => {
    const body = { scopes: ['topics:read'], ttl_seconds: 60 }
    const answer = await mint(app.admin, body, { env: { CREDENTIALS_KEY: undefined } })
    expect([answer.status, answer.body.code]).toEqual([503, 'credentials_key_missing'])
  })
})

describe('a token', () => {
  const topics = (bearer: string) => call('GET', '/v1/topics', { bearer })

  it('does what its scopes say in its own app, and nothing else', async () => {
    const { body } = await mint(app.sender, { scopes: ['topics:read'], ttl_seconds: 60 })
    expect((await topics(body.token)).status).toBe(200)
    const beyond = await call('POST', '/v1/notifications', { bearer: body.token, body: { to: { topic: 'a' } } })
    expect([beyond.status, beyond.body.code]).toEqual([403, 'forbidden'])
    expect((await call('GET', `/v1/apps/${app.id}`, { bearer: body.token })).status).toBe(403)
  })

  it('does not mint tokens', async () => {
    const { body } = await mint(app.admin, { scopes: ['topics:read'], ttl_seconds: 60 })
    expect((await mint(body.token, { scopes: ['topics:read'], ttl_seconds: 60 })).status).toBe(403)
  })

  it('that has expired is told so', async () => {
    const { body } = await mint(app.sender, { scopes: ['topics:read'], ttl_seconds: 60 })
    vi.useFakeTimers({ now: Date.parse(body.expires_at), toFake: ['Date'] })
    const answer = await topics(body.token)
    vi.useRealTimers()
    expect([answer.status, answer.body.code]).toEqual([401, 'token_expired'])
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer error="invalid_token"')
  })

  it('says in its header which app and which key, and the key is in the app’s JWKS', async () => {
    const { body } = await mint(app.sender, { scopes: ['topics:read'], ttl_seconds: 60 })
    const header = JSON.parse(atob(body.token.split('.')[0]))
    const { keys } = (await call('GET', `/v1/apps/${app.id}/jwks.json`)).body
    expect(header).toEqual({ alg: 'ES256', typ: 'fanfare-token+jwt', kid: expect.any(String), aud: app.id })
    expect(keys.map(({ kid }: { kid: string }) => kid)).toContain(header.kid)
  })
})

describe('the key that minted a token', () => {
  const topics = (bearer: string) => call('GET', '/v1/topics', { bearer })
  const makeKey = async (more = {}) => {
    const path = `/v1/apps/${app.id}/keys`
    return (await call('POST', path, { bearer: ROOT, body: { role: 'sender', ...more } })).body
  }
  const tokenOf = async (key: string) => {
    return (await mint(key, { scopes: ['topics:read'], ttl_seconds: 600 })).body.token
  }

  it('ends its tokens at once when it is revoked', async () => {
    const key = await makeKey()
    const token = await tokenOf(key.key)
    expect((await topics(token)).status).toBe(200)
    await call('DELETE', `/v1/apps/${app.id}/keys/${key.id}`, { bearer: ROOT })
    expect((await topics(token)).status).toBe(401)
  })

  it('ends its tokens within five seconds when it is revoked elsewhere', async () => {
    const key = await makeKey()
    const token = await tokenOf(key.key)
    const now = Date.now()
    vi.useFakeTimers({ now, toFake: ['Date'] })
    expect((await topics(token)).status).toBe(200)
    await revokeApiKey(env.DB, app.id, key.id, now)
    vi.setSystemTime(now + 5_000)
    expect((await topics(token)).status).toBe(401)
    vi.useRealTimers()
  })

  it('ends its tokens when it expires, though they have longer to live', async () => {
    const key = await makeKey({ expires_at: new Date(Date.now() + 60_000).toISOString() })
    const token = await tokenOf(key.key)
    expect((await topics(token)).status).toBe(200)
    vi.useFakeTimers({ now: Date.now() + 60_001, toFake: ['Date'] })
    expect((await topics(token)).status).toBe(401)
    vi.useRealTimers()
  })
})
