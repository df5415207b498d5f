/** Custom roles: what they may be, whose they are, and how fast a change of one reaches its keys. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { insertApiKey } from '../../schema/d1/api-keys.ts'
import { deleteRole, writeRole } from '../../schema/d1/app-roles.ts'
import { call, makeApp, ROOT } from './calling.ts'
import { fcmDevice } from './device-samples.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App
let other: App

beforeAll(async () => {
  app = await makeApp('Weather')
  other = await makeApp('Chess')
})

const at = (name: string, of = app) => `/v1/apps/${of.id}/roles/${name}`
const put = (name: string, body: unknown, bearer = app.admin) => call('PUT', at(name), { bearer, body })
const keyOf = (role: string, bearer = app.admin, facts = {}) => {
  return call('POST', `/v1/apps/${app.id}/keys`, { bearer, body: { role, ...facts } })
}
const READER = { scopes: ['topics:read'] }

describe('defining a role', () => {
  it('makes it, and defining it again replaces it', async () => {
    const made = await put('marketing', { scopes: ['notifications:send'], topics: ['marketing.*'] })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      name: 'marketing',
      built_in: false,
      scopes: ['notifications:send'],
      topics: ['marketing.*'],
      categories: null,
    })
    const replaced = await put('marketing', { scopes: ['topics:read', 'topics:read'], categories: ['promo*'] })
    expect([replaced.status, replaced.body.scopes]).toEqual([200, ['topics:read']])
    expect(replaced.body).toMatchObject({ topics: null, categories: ['promo*'], created_at: made.body.created_at })
    expect((await call('GET', at('marketing'), { bearer: app.admin })).body).toEqual(replaced.body)
  })

  it('may give it nothing at all', async () => {
    expect((await put('guest', { scopes: [] })).status).toBe(201)
  })

  it.each([
    ['a scope that there is not', { scopes: ['topics:read', 'everything'] }, '/scopes/1'],
    ['no scopes', {}, '/scopes'],
    ['no topic', { ...READER, topics: [] }, '/topics'],
    ['a wildcard in the middle', { ...READER, topics: ['news', 'a.*.b'] }, '/topics/1'],
    ['two wildcards', { ...READER, categories: ['**'] }, '/categories/0'],
    ['a pattern for no topic that can be', { ...READER, topics: ['caf\u00e9.*'] }, '/topics/0'],
    ['an empty pattern', { ...READER, categories: [''] }, '/categories/0'],
    ['more patterns than a header holds', { ...READER, categories: ['x'.repeat(2_001)] }, '/categories'],
    ['an unknown field', { ...READER, users: ['ada'] }, '/users'],
  ])('refuses %s', async (_what, body, param) => {
    const answer = await put('broken', body)
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([400, 'validation_failed', param])
  })

  it.each(['admin', 'sender', 'analyst', 'client', 'Admin', '9lives', '__proto__', 'a'.repeat(65)])(
    'does not take the name %s',
    async (name) => {
      for (const method of ['PUT', 'DELETE']) {
        const body = method === 'PUT' ? READER : undefined
        const answer = await call(method, at(name), { bearer: app.admin, body })
        expect([answer.status, answer.body.param]).toEqual([400, 'role'])
      }
    },
  )

  it('ends at a hundred, and those that are there can still be changed', async () => {
    const { id } = await makeApp('Crowd')
    const bounds = { now: 1, most: 2 }
    const rights = { scopes: [], limits: { topics: null, categories: null } }
    expect(await writeRole(env.DB, id, { name: 'a', ...rights }, bounds)).not.toBeNull()
    expect(await writeRole(env.DB, id, { name: 'b', ...rights }, bounds)).not.toBeNull()
    expect(await writeRole(env.DB, id, { name: 'c', ...rights }, bounds)).toBeNull()
    expect(await writeRole(env.DB, id, { name: 'b', ...rights, scopes: ['topics:read'] }, bounds)).toMatchObject({
      scopes: ['topics:read'],
    })
  })
})

describe('listing roles', () => {
  it('shows the built-in ones and the app’s own, and what each may do', async () => {
    await put('zeta', READER)
    const { body } = await call('GET', `/v1/apps/${app.id}/roles`, { bearer: app.admin })
    expect(body.data.slice(0, 4).map((role: { name: string }) => role.name)).toEqual([
      'admin',
      'sender',
      'analyst',
      'client',
    ])
    expect(body.data[2]).toEqual({
      name: 'analyst',
      built_in: true,
      scopes: ['topics:read', 'notifications:read'],
      topics: null,
      categories: null,
      created_at: null,
      updated_at: null,
    })
    expect(body.data.at(-1)).toMatchObject({ name: 'zeta', built_in: false, scopes: ['topics:read'] })
    expect(body.next_cursor).toBeNull()
    expect((await call('GET', at('analyst'), { bearer: app.admin })).body).toEqual(body.data[2])
  })

  it('is for the app alone: another’s are not there', async () => {
    await put('mine', READER)
    expect((await call('GET', at('mine', other), { bearer: other.admin })).status).toBe(404)
    expect((await call('DELETE', at('mine', other), { bearer: other.admin })).status).toBe(404)
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', READER],
      ['DELETE', undefined],
    ] as const) {
      expect((await call(method, at('mine'), { bearer: other.admin, body })).status).toBe(404)
    }
    const made = await call('POST', `/v1/apps/${other.id}/keys`, { bearer: other.admin, body: { role: 'mine' } })
    expect([made.status, made.body.param]).toEqual([400, '/role'])
  })
})

describe('a key of a custom role', () => {
  it('may do what the role says and no more', async () => {
    await put('reader', READER)
    const { status, body } = await keyOf('reader')
    expect([status, body.role, body.key.slice(0, 3)]).toEqual([201, 'reader', 'sk_'])
    expect((await call('GET', '/v1/topics', { bearer: body.key })).status).toBe(200)
    const beyond = await call('GET', '/v1/dead-letters', { bearer: body.key })
    expect([beyond.status, beyond.body.code]).toEqual([403, 'forbidden'])
  })

  it('is public when the role registers devices and does nothing else', async () => {
    await put('kiosk', { scopes: ['devices:register'], topics: ['shops.*'] })
    const { body } = await keyOf('kiosk')
    expect(body.key).toMatch(/^pk_/)
    expect((await call('POST', '/v1/devices', { bearer: body.key, body: fcmDevice() })).status).toBe(201)
  })

  it('that is public stays harmless when its role grows', async () => {
    await put('growing', { scopes: ['devices:register'] })
    const { body } = await keyOf('growing')
    await put('growing', { scopes: ['devices:register', 'topics:read', 'keys:manage'] })
    expect((await call('GET', '/v1/topics', { bearer: body.key })).status).toBe(403)
    expect((await call('GET', `/v1/apps/${app.id}/keys`, { bearer: body.key })).status).toBe(403)
    expect((await call('POST', '/v1/devices', { bearer: body.key, body: fcmDevice() })).status).toBe(201)
  })

  it('is changed with its role from the next request on', async () => {
    await put('moving', READER)
    const { body } = await keyOf('moving')
    const topics = () => call('GET', '/v1/topics', { bearer: body.key })
    expect((await topics()).status).toBe(200)
    await put('moving', { scopes: ['notifications:read'] })
    expect((await topics()).status).toBe(403)
    await put('moving', READER)
    expect((await topics()).status).toBe(200)
  })

  it.each(['nobody', 'owner', 'constructor', '__proto__', ''])('is not made of the role %j', async (role) => {
    const answer = await keyOf(role)
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([400, 'validation_failed', '/role'])
  })

  it('keeps its role from being deleted until it is revoked', async () => {
    await put('kept', READER)
    const keys = [(await keyOf('kept')).body, (await keyOf('kept')).body]
    const remove = () => call('DELETE', at('kept'), { bearer: app.admin })
    const refused = await remove()
    expect([refused.status, refused.body.code]).toEqual([409, 'role_in_use'])
    expect(refused.body.detail).toContain('2 keys')
    for (const { id } of keys) await call('DELETE', `/v1/apps/${app.id}/keys/${id}`, { bearer: app.admin })
    expect((await remove()).status).toBe(204)
    expect((await remove()).status).toBe(404)
    expect((await call('GET', '/v1/topics', { bearer: keys[0].key })).status).toBe(401)
  })

  it('that has expired keeps no role', async () => {
    await put('brief', READER)
    const expires = Date.now() + 60_000
    await keyOf('brief', app.admin, { expires_at: new Date(expires).toISOString() })
    expect(await deleteRole(env.DB, app.id, 'brief', expires - 1)).toBe(1)
    expect(await deleteRole(env.DB, app.id, 'brief', expires)).toBe(0)
  })

  it('is not made when its role is deleted this very moment', async () => {
    const times = { createdAt: 1, expiresAt: null, revokedAt: null, lastUsedAt: null }
    const history = { places: null, replaces: null, replacedBy: null }
    const key = { appId: app.id, keyHash: 'late', name: null, ...times, ...history }
    const rows = async () => (await env.DB.prepare("select id from api_key where key_hash = 'late'").all()).results
    expect(await insertApiKey(env.DB, { ...key, id: 'key_late', role: 'deleted' })).toBe(false)
    expect(await rows()).toEqual([])
    await put('late', READER)
    expect(await insertApiKey(env.DB, { ...key, id: 'key_late', role: 'late' })).toBe(true)
    expect(await rows()).toEqual([{ id: 'key_late' }])
  })

  it('of a role that is not there any more may do nothing', async () => {
    await put('gone', READER)
    const { body } = await keyOf('gone')
    await env.DB.prepare("delete from app_role where app_id = ? and name = 'gone'").bind(app.id).run()
    expect((await call('GET', '/v1/topics', { bearer: body.key })).status).toBe(403)
  })
})

describe('a scope that shows the whole app', () => {
  it.each([
    ['audit:read', { topics: ['marketing.*'] }],
    ['webhooks:manage', { categories: ['promo'] }],
  ])('%s goes into no role with limits', async (scope, limits) => {
    const answer = await put('peeper', { scopes: ['topics:read', scope], ...limits })
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([400, 'validation_failed', '/scopes/1'])
    expect((await put('peeper', { scopes: [scope] })).status).toBe(201)
    await call('DELETE', at('peeper'), { bearer: app.admin })
  })

  it('goes into no token with limits', async () => {
    const body = { scopes: ['audit:read'], ttl_seconds: 60, topics: ['marketing.*'] }
    const answer = await call('POST', '/v1/tokens', { bearer: app.admin, body })
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([400, 'validation_failed', '/scopes/0'])
  })
})

describe('a token', () => {
  it('loses what the role of the key that minted it has lost', async () => {
    await put('lender', { scopes: ['tokens:mint', 'topics:read', 'notifications:read'] })
    const lender = (await keyOf('lender')).body.key
    const body = { scopes: ['topics:read', 'notifications:read'], ttl_seconds: 600 }
    const { token } = (await call('POST', '/v1/tokens', { bearer: lender, body })).body
    const topics = async () => (await call('GET', '/v1/topics', { bearer: token })).status
    expect(await topics()).toBe(200)
    await put('lender', { scopes: ['tokens:mint', 'notifications:read'] })
    expect(await topics()).toBe(403)
    await put('lender', { scopes: ['tokens:mint', 'topics:read'], topics: ['marketing.*'] })
    expect(await topics()).toBe(403)
  })
})

describe('nobody gives away more than he has:', () => {
  let keeper: string

  beforeAll(async () => {
    const scopes = ['keys:manage', 'roles:manage', 'notifications:send', 'tokens:mint']
    await put('keeper', { scopes, topics: ['marketing.*'] })
    keeper = (await keyOf('keeper')).body.key
  })

  it.each<[string, unknown, string]>([
    ['a scope that he has not', { scopes: ['notifications:send', 'app:manage'], topics: ['marketing.*'] }, '/scopes'],
    ['no limit', { scopes: ['notifications:send'] }, '/topics'],
    ['a wider limit', { scopes: ['notifications:send'], topics: ['marketing.a', 'm*'] }, '/topics'],
  ])('a role with %s', async (_what, body, param) => {
    const answer = await put('loot', body, keeper)
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([403, 'scope_not_allowed', param])
    expect((await call('GET', at('loot'), { bearer: app.admin })).status).toBe(404)
  })

  it.each(['admin', 'sender', 'client'])('a key of role %s', async (role) => {
    const answer = await keyOf(role, keeper)
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([403, 'scope_not_allowed', '/role'])
  })

  it('but a role and a key within his own', async () => {
    expect((await put('helper', { scopes: ['notifications:send'], topics: ['marketing.spring'] }, keeper)).status).toBe(
      201,
    )
    expect((await keyOf('helper', keeper)).status).toBe(201)
    expect((await keyOf('keeper', keeper)).status).toBe(201)
  })

  it('nor does he replace or delete a role that may do more', async () => {
    await put('mighty', { scopes: ['app:manage'] })
    const less = { scopes: [], topics: ['marketing.*'] }
    expect((await put('mighty', less, keeper)).body).toMatchObject({ code: 'scope_not_allowed', param: 'role' })
    expect((await call('DELETE', at('mighty'), { bearer: keeper })).body).toMatchObject({ code: 'scope_not_allowed' })
    expect((await call('GET', at('mighty'), { bearer: app.admin })).body.scopes).toEqual(['app:manage'])
  })

  it('while the operator and an admin have everything', async () => {
    for (const bearer of [ROOT, app.admin]) {
      const answer = await put('all', { scopes: ['app:manage', 'keys:manage', 'devices:import'] }, bearer)
      expect(answer.status).toBeLessThan(300)
      expect((await keyOf('all', bearer)).status).toBe(201)
    }
  })
})
