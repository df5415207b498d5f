/** Rotating API keys and the root key: the new one works at once, the old one as long as it was said to. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { KEY_RANDOM_BYTES } from '../../push/key-text.ts'
import { makeRootKey, rootKeyHash } from '../../push/root-key.ts'
import { call, makeApp, ROOT } from './calling.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App
let keys: string

beforeAll(async () => {
  app = await makeApp()
  keys = `/v1/apps/${app.id}/keys`
})

const make = async (body: object) => (await call('POST', keys, { bearer: ROOT, body })).body
const rotate = (id: string, body?: object, bearer = ROOT) => call('POST', `${keys}/${id}/rotate`, { bearer, body })
const listed = async (id: string) => {
  const { body } = await call('GET', `${keys}?limit=500`, { bearer: ROOT })
  return body.data.find((key: { id: string }) => key.id === id)
}
const isGood = async (bearer: string) => (await call('GET', '/v1/topics', { bearer })).status === 200

describe('rotating an API key', () => {
  it('makes one like it, and both are good for a day', async () => {
    const old = await make({ role: 'analyst', name: 'dashboard' })
    const before = Date.now()
    const { status, body } = await rotate(old.id)
    expect([status, body]).toEqual([
      201,
      expect.objectContaining({
        role: 'analyst',
        name: 'dashboard',
        expires_at: null,
        replaces: old.id,
        replaced_by: null,
        key: expect.stringMatching(/^sk_/),
      }),
    ])
    expect([await isGood(old.key), await isGood(body.key)]).toEqual([true, true])
    const replaced = await listed(old.id)
    expect(replaced).toMatchObject({ replaced_by: body.id, replaces: null, revoked_at: null })
    expect(Date.parse(replaced.expires_at)).toBeGreaterThanOrEqual(before + 86_400_000)
  })

  it('without an overlap ends the old one at once, also when it was used a moment before', async () => {
    const old = await make({ role: 'analyst' })
    expect(await isGood(old.key)).toBe(true)
    const { body } = await rotate(old.id, { overlap_seconds: 0 })
    expect([await isGood(old.key), await isGood(body.key)]).toEqual([false, true])
  })

  it('gives a key that was to expire as long a life again', async () => {
    const expires_at = new Date(Date.now() + 3_600_000).toISOString()
    const old = await make({ role: 'sender', expires_at })
    const { body } = await rotate(old.id)
    const lifeOf = (key: { created_at: string; expires_at: string }) => {
      return Date.parse(key.expires_at) - Date.parse(key.created_at)
    }
    expect(lifeOf(body)).toBe(lifeOf(old))
    expect((await listed(old.id)).expires_at).toBe(expires_at)
  })

  it('keeps a client key public', async () => {
    const old = await make({ role: 'client' })
    expect((await rotate(old.id, { overlap_seconds: 31_536_000 })).body.key).toMatch(/^pk_/)
  })

  it('twice is refused, and says which key to rotate; at five places at once one of them makes a key', async () => {
    const old = await make({ role: 'analyst' })
    const answers = await Promise.all(Array.from({ length: 5 }, () => rotate(old.id)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409])
    const again = await rotate(old.id)
    expect([again.status, again.body.code, again.body.param]).toEqual([409, 'key_not_current', 'id'])
    const { results } = await env.DB.prepare('select id from api_key where replaces = ?').bind(old.id).all()
    expect(results).toHaveLength(1)
  })

  it('goes on: the new one is rotated in its turn, and revoking ends an overlap early', async () => {
    const first = await make({ role: 'analyst' })
    const second = (await rotate(first.id)).body
    const third = (await rotate(second.id)).body
    expect(third.replaces).toBe(second.id)
    await call('DELETE', `${keys}/${first.id}`, { bearer: ROOT })
    const good = await Promise.all([first.key, second.key, third.key].map(isGood))
    expect(good).toEqual([false, true, true])
  })

  it.each([
    ['revoked', (id: string) => call('DELETE', `${keys}/${id}`, { bearer: ROOT })],
    ['expired', (id: string) => env.DB.prepare('update api_key set expires_at = 1 where id = ?').bind(id).run()],
  ])('that has been %s is refused', async (_what, end) => {
    const { id } = await make({ role: 'analyst' })
    await end(id)
    expect((await rotate(id)).body.code).toBe('key_not_current')
  })

  it.each([
    ['a negative overlap', { overlap_seconds: -1 }, '/overlap_seconds'],
    ['an overlap of more than a year', { overlap_seconds: 366 * 86_400 + 1 }, '/overlap_seconds'],
    ['another role', { role: 'admin' }, '/role'],
  ])('refuses %s', async (_what, body, param) => {
    const { id } = await make({ role: 'analyst' })
    const answer = await rotate(id, body)
    expect([answer.status, answer.body.param]).toEqual([400, param])
  })

  it('does not reach another app’s keys', async () => {
    const other = await makeApp()
    const { id } = await make({ role: 'analyst' })
    expect((await rotate(id, {}, other.admin)).status).toBe(404)
    const theirs = await call('POST', `/v1/apps/${other.id}/keys/${id}/rotate`, { bearer: other.admin, body: {} })
    expect([theirs.status, theirs.body.code]).toEqual([404, 'not_found'])
    expect((await listed(id)).replaced_by).toBeNull()
  })
})

describe('ROOT_KEY', () => {
  const [old, next] = [1, 2].map((seed) => makeRootKey(new Uint8Array(KEY_RANDOM_BYTES).fill(seed))) as [string, string]
  const statusOf = async (bearer: string, ROOT_KEY: string) => {
    return (await call('GET', `/v1/apps/${app.id}`, { bearer, env: { ROOT_KEY } })).status
  }

  it('may be the hash of the key, which is no key itself', async () => {
    const hash = await rootKeyHash(next)
    expect([await statusOf(next, hash), await statusOf(hash, hash), await statusOf(old, hash)]).toEqual([200, 401, 401])
  })

  it('may name two keys, while one takes the place of the other', async () => {
    const both = `${await rootKeyHash(next)},${await rootKeyHash(ROOT)}`
    expect([await statusOf(ROOT, both), await statusOf(next, both), await statusOf(old, both)]).toEqual([200, 200, 401])
    expect([await statusOf(ROOT, next), await statusOf(next, next)]).toEqual([401, 200])
  })
})
