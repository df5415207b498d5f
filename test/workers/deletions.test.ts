/** Topics and apps that are deleted: at once for everybody who asks, bit by bit in the tables. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { joinTopic } from '../../durable-objects/topic-members.ts'
import { hashAddress } from '../../push/address-hash.ts'
import { retireDevices } from '../../schema/d1/device-retirement.ts'
import { addMemberships } from '../../schema/d1/topics.ts'
import { registerDevices } from '../../workers/api/register-devices.ts'
import { removeDeletedApps } from '../../workers/jobs/remove-deleted-apps.ts'
import { removeDeletedTopics } from '../../workers/jobs/remove-deleted-topics.ts'
import { tablesOfApps } from '../security/tables-of-apps.ts'
import { call, makeApp, ROOT } from './calling.ts'
import { fcmDevice, fcmToken } from './device-samples.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App

beforeEach(async () => {
  app = await makeApp()
})

/** Long enough that no clock can doubt what came first. */
const LATER_MS = 2 * 60_000
const MUCH_LATER_MS = 60 * 60_000

async function register(topics: string[] = ['news', 'sports'], body: object = fcmDevice()) {
  const registered = await call('POST', '/v1/devices', { bearer: app.client, body: { ...body, topics } })
  return registered.body as { id: string; device_key: string }
}

const count = async (table: string) => {
  const row = await env.DB.prepare(`select count(*) as rows from ${table} where app_id = ?`).bind(app.id).first()
  return row?.rows
}

describe('a deleted topic', () => {
  const remove = (topic: string, bearer = app.admin) => call('DELETE', `/v1/topics/${topic}`, { bearer })
  const read = (topic: string) => call('GET', `/v1/topics/${topic}`, { bearer: app.analyst })
  const subscribe = (id: string) => call('PUT', `/v1/topics/news/devices/${id}`, { bearer: app.sender })
  const sweep = () => removeDeletedTopics(env, Date.now() + LATER_MS)

  it('is gone at once, and the others stay', async () => {
    const { id } = await register()
    expect((await remove('news')).status).toBe(204)
    expect((await read('news')).status).toBe(404)
    const { body } = await call('GET', '/v1/topics', { bearer: app.analyst })
    expect(body.data).toEqual([{ name: 'sports', subscribers: 1, shards: 1 }])
    await call('PATCH', `/v1/devices/${id}`, { bearer: app.sender, body: { user_id: 'ada' } })
    expect((await read('news')).status).toBe(404)
    expect((await read('sports')).body.subscribers).toBe(1)
  })

  it('may be subscribed to again at once, and that outlasts the removal of what was before', async () => {
    const [back, gone] = [await register(), await register()]
    await remove('news')
    expect((await subscribe(back.id)).status).toBe(204)
    expect((await read('news')).body.subscribers).toBe(1)
    await sweep()
    expect((await read('news')).body.subscribers).toBe(1)
    expect(await count('topic_device')).toBe(3)
    expect((await subscribe(gone.id)).status).toBe(204)
    expect((await read('news')).body.subscribers).toBe(2)
  })

  it('leaves no row behind when nobody came back', async () => {
    await register(['news'])
    await remove('news')
    expect(await count('topic_device')).toBe(1)
    await sweep()
    expect([await count('topic_device'), await count('topic')]).toEqual([0, 0])
    expect((await remove('news')).status).toBe(404)
  })

  it('is not what a device comes back to that was retired while it was deleted', async () => {
    const registration = fcmDevice()
    const { id } = await register(['news'], registration)
    const dead = { deviceId: id, address: registration.token as string, asOfAt: Date.now() + 1, reason: 'UNREGISTERED' }
    await retireDevices(env.DB, app.id, [dead], null)
    await remove('news')
    await call('POST', '/v1/devices', { bearer: app.client, body: registration })
    expect((await read('news')).status).toBe(404)
    await sweep()
    await addMemberships(env.DB, app.id, 'news', [(await register([])).id], Date.now())
    expect((await read('news')).body.subscribers).toBe(0)
  })

  it('may be deleted again, with those who came back', async () => {
    const { id } = await register(['news'])
    await remove('news')
    await subscribe(id)
    expect((await remove('news')).status).toBe(204)
    expect((await read('news')).status).toBe(404)
    await sweep()
    expect(await count('topic_device')).toBe(0)
  })

  it('gives up who was told to its shards by a call that was overtaken by the deletion', async () => {
    const { id } = await register(['news'])
    await remove('news')
    const address = { kind: 'fcm_token', value: 'late' } as const
    const { slot } = (await env.DB.prepare('select slot from device where id = ?').bind(id).first<{ slot: number }>())!
    await joinTopic(env, app.id, 'news', [{ deviceId: id, userId: null, slot, platform: 'fcm', address }])
    await sweep()
    await register(['news'])
    expect((await read('news')).body.subscribers).toBe(1)
  })

  it('is not yet removed while two clocks may differ about what came first', async () => {
    await register(['news'])
    await remove('news')
    await removeDeletedTopics(env, Date.now())
    expect(await count('topic_device')).toBe(1)
  })

  it('takes an admin key, and a topic that there is', async () => {
    await register(['news'])
    expect((await remove('news', app.sender)).body.code).toBe('forbidden')
    expect((await remove('olds')).body.code).toBe('not_found')
    expect((await remove('a%20b')).body.code).toBe('invalid_topic')
  })
})

describe('a deleted app', () => {
  const remove = (id = app.id, bearer = ROOT) => call('DELETE', `/v1/apps/${id}`, { bearer })

  it('is refused at once: its keys, its device keys, its tokens, and by its id', async () => {
    const device = await register()
    const minted = await call('POST', '/v1/tokens', {
      bearer: app.admin,
      body: { scopes: ['topics:read'], ttl_seconds: 600 },
    })
    const ask = (bearer: string, path: string) => call('GET', path, { bearer })
    const paths: [string, string][] = [
      [app.admin, '/v1/topics'],
      [minted.body.token, '/v1/topics'],
      [device.device_key, `/v1/devices/${device.id}`],
    ]
    for (const [bearer, path] of paths) expect((await ask(bearer, path)).status).toBe(200)
    expect((await remove()).status).toBe(204)
    for (const [bearer, path] of paths) expect((await ask(bearer, path)).body.code).toBe('unauthorized')
    expect((await ask(ROOT, `/v1/apps/${app.id}`)).body.code).toBe('not_found')
    expect((await remove()).body.code).toBe('not_found')
  })

  it('is removed bit by bit, with what a call that was under way has put back', async () => {
    await register()
    await register()
    await call('PUT', `/v1/apps/${app.id}/roles/reader`, { bearer: ROOT, body: { scopes: ['topics:read'] } })
    await remove()
    const address = { kind: 'fcm_token', value: fcmToken() } as const
    const late = { address, platform: 'fcm', addressHash: await hashAddress(address), topics: ['late'] } as const
    await registerDevices(env, app.id, [late], Date.now())
    expect(await count('device')).toBe(3)
    await removeDeletedApps(env, Date.now())
    for (const { name, column } of await tablesOfApps()) {
      if (name !== 'app') expect([column, await count(name)], name).toEqual(['app_id', 0])
    }
    const left = () => env.DB.prepare('select id from app where id = ?').bind(app.id).first()
    expect(await left()).not.toBeNull()
    await removeDeletedApps(env, Date.now() + MUCH_LATER_MS)
    expect(await left()).toBeNull()
  })

  it('takes nothing of another app with it', async () => {
    const other = await makeApp('Chess')
    await call('POST', '/v1/devices', { bearer: other.client, body: fcmDevice({ topics: ['news'] }) })
    await register()
    await remove()
    await removeDeletedApps(env, Date.now())
    const { body } = await call('GET', '/v1/topics/news', { bearer: other.analyst })
    expect(body.subscribers).toBe(1)
  })

  it('takes the root key', async () => {
    expect((await remove(app.id, app.admin)).status).toBe(403)
    expect((await remove('app_unknown')).body.code).toBe('not_found')
  })
})
