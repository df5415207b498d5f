/** Short-lived tokens: what they carry and what is made of wrong ones. */
import { beforeAll, describe, expect, it } from 'vitest'
import { mintUserToken } from '../../push/user-token.ts'
import { call, makeApp } from './calling.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App
let other: App
const KEY = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='

beforeAll(async () => {
  app = await makeApp()
  other = await makeApp('Chess')
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
    const lifetime = { now: Date.now() - 120_000, ttlSeconds: 60 }
    const { text } = await mintUserToken(KEY, { appId: app.id, userId: null, scopes: ['topics:read'] }, lifetime)
    const answer = await topics(text)
    expect([answer.status, answer.body.code]).toEqual([401, 'token_expired'])
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer error="invalid_token"')
  })

  it('whose app was exchanged is not valid', async () => {
    const { body } = await mint(app.admin, { scopes: ['topics:read'], ttl_seconds: 60 })
    const [header, payload, signature] = body.token.split('.') as [string, string, string]
    const forged = btoa(atob(header).replace(app.id, other.id)).replace(/=+$/, '')
    expect((await topics([forged, payload, signature].join('.'))).status).toBe(401)
  })
})
