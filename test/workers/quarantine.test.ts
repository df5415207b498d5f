/** Quarantine: devices that so many push service answers called dead that it is doubted. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { resetThrottleOf, takePushes } from '../../durable-objects/throttle.ts'
import { emptyOutcomeCounts } from '../../push/outcome-counts.ts'
import { readDevices } from '../../schema/d1/devices.ts'
import { joinAhead } from '../../workers/api/memberships.ts'
import { runJobs } from '../../workers/jobs/cron.ts'
import { retireDevices } from '../../workers/jobs/retire.ts'
import { call, makeApp } from './calling.ts'
import { apnsToken, fcmToken } from './device-samples.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App

beforeEach(async () => {
  app = await makeApp()
})

interface Registered {
  readonly id: string
  readonly device_key: string
  readonly token: string
}

async function register(platform: 'fcm' | 'apns' = 'fcm'): Promise<Registered> {
  const token = platform === 'fcm' ? fcmToken() : apnsToken()
  const { body } = await call('POST', '/v1/devices', {
    bearer: app.client,
    body: { platform, token, topics: ['news'] },
  })
  return { ...body, token }
}

/** What a consumer does when a push service calls devices dead while the guard is open, or closed. */
async function callDead(devices: readonly Registered[], guard: 'open' | 'closed'): Promise<void> {
  const verdicts = devices.map(({ id, token }) => {
    return { deviceId: id, address: token, asOfAt: Date.now() + 1, reason: 'UNREGISTERED' }
  })
  await retireDevices(env, app.id, verdicts, guard === 'open')
}

const read = async (id: string) => (await call('GET', `/v1/devices/${id}`, { bearer: app.sender })).body
const list = (query = '') => call('GET', `/v1/quarantine${query}`, { bearer: app.sender })
const decide = (what: 'release' | 'confirm', body: object) => {
  return call('POST', `/v1/quarantine/${what}`, { bearer: app.admin, body })
}
const subscribers = async () => (await call('GET', '/v1/topics/news', { bearer: app.analyst })).body.subscribers

const DEAD = { retired_reason: 'UNREGISTERED', quarantined_at: expect.any(String), retired_at: expect.any(String) }
const DEAD_FOR_GOOD = { ...DEAD, quarantined_at: null }
const ALIVE = { retired_at: null, retired_reason: null, quarantined_at: null }

/** Many dead answers of many: what opens the guard. */
async function openGuard(): Promise<void> {
  const counts = { ...emptyOutcomeCounts(), unregistered: 1_000 }
  const report = { counts, epoch: 0, unused: 0, version: null, unable: false }
  const answer = await takePushes(env, { appId: app.id, platform: 'fcm' }, { wanted: 0, single: false, report })
  expect(answer.quarantine).toBe(true)
}

describe('a device in quarantine', () => {
  it('gets nothing, and is seen', async () => {
    const device = await register()
    await callDead([device], 'open')
    expect(await read(device.id)).toMatchObject(DEAD)
    expect(await subscribers()).toBe(0)
    expect((await list()).body).toMatchObject({ data: [{ id: device.id, ...DEAD }], next_cursor: null })
  })

  it('is alive again when it registers', async () => {
    const device = await register()
    await callDead([device], 'open')
    await call('POST', '/v1/devices', { bearer: app.client, body: { platform: 'fcm', token: device.token } })
    expect(await read(device.id)).toMatchObject(ALIVE)
    expect(await subscribers()).toBe(1)
    expect((await list()).body.data).toEqual([])
  })

  it('is alive again when something about it changes', async () => {
    const device = await register()
    await callDead([device], 'open')
    const change = await call('PATCH', `/v1/devices/${device.id}`, {
      bearer: device.device_key,
      body: { locale: 'fr' },
    })
    expect(change.body).toMatchObject(ALIVE)
    expect(await subscribers()).toBe(1)
  })

  it('is alive again when it reports a receipt', async () => {
    const device = await register()
    const sent = await call('POST', '/v1/notifications', {
      bearer: app.sender,
      body: { to: { topic: 'news' }, title: 'x' },
    })
    await callDead([device], 'open')
    const events = [{ notification_id: sent.body.id, event: 'opened', at: new Date().toISOString() }]
    await call('POST', '/v1/receipts', { bearer: device.device_key, body: { events } })
    await expect.poll(() => read(device.id), { timeout: 10_000 }).toMatchObject(ALIVE)
    await expect.poll(subscribers, { timeout: 10_000 }).toBe(1)
  })

  it('is not called back to life by a receipt when it was retired for good', async () => {
    const device = await register()
    const doubted = await register()
    const sent = await call('POST', '/v1/notifications', {
      bearer: app.sender,
      body: { to: { topic: 'news' }, title: 'x' },
    })
    await callDead([device], 'closed')
    await callDead([doubted], 'open')
    const events = [{ notification_id: sent.body.id, event: 'opened', at: new Date().toISOString() }]
    for (const { device_key } of [device, doubted])
      await call('POST', '/v1/receipts', { bearer: device_key, body: { events } })
    await expect.poll(() => read(doubted.id), { timeout: 10_000 }).toMatchObject(ALIVE)
    expect(await read(device.id)).toMatchObject(DEAD_FOR_GOOD)
  })

  it('stays in it when the same verdict is repeated after the guard has closed', async () => {
    const device = await register()
    await callDead([device], 'open')
    await callDead([device], 'closed')
    expect(await read(device.id)).toMatchObject(DEAD)
  })

  it('is not one that was retired for good before', async () => {
    const device = await register()
    await callDead([device], 'closed')
    await callDead([device], 'open')
    expect(await read(device.id)).toMatchObject(DEAD_FOR_GOOD)
  })
})

describe('an operator', () => {
  it('lists by push service, page by page', async () => {
    const phones = [await register('apns'), await register('apns')]
    const others = [await register(), await register(), await register()]
    for (const device of [...others, ...phones]) await callDead([device], 'open')
    const pages = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await list(`?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      pages.push(body.data.map(({ id }: Registered) => id))
      cursor = body.next_cursor
    }
    const ids = [...phones, ...others].map(({ id }) => id)
    expect(pages).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)])
    expect((await list('?platform=fcm')).body.data).toHaveLength(3)
    expect((await list('?cursor=bmV3cw')).body.code).toBe('invalid_cursor')
  })

  it('lets out those of one push service, or some, and they are in their topics again', async () => {
    const phones = [await register('apns'), await register('apns')]
    const other = await register()
    await callDead([...phones, other], 'open')
    expect((await decide('release', { ids: [phones[0]!.id, 'dev_unknown'] })).body).toEqual({ decided: 1, more: false })
    expect((await decide('release', { platform: 'apns' })).body).toEqual({ decided: 1, more: false })
    expect(await subscribers()).toBe(2)
    expect(await read(other.id)).toMatchObject(DEAD)
    expect((await decide('release', {})).body).toEqual({ decided: 1, more: false })
    expect((await decide('release', {})).body).toEqual({ decided: 0, more: false })
    expect(await subscribers()).toBe(3)
  })

  it('makes it final', async () => {
    const devices = [await register(), await register()]
    await callDead(devices, 'open')
    expect((await decide('confirm', { platform: 'fcm' })).body).toEqual({ decided: 2, more: false })
    for (const { id } of devices) expect(await read(id)).toMatchObject(DEAD_FOR_GOOD)
    expect((await decide('release', {})).body).toEqual({ decided: 0, more: false })
    expect(await subscribers()).toBe(0)
  })

  it('repeats a release that was interrupted between the shards and the table', async () => {
    const device = await register()
    await callDead([device], 'open')
    await joinAhead(env, app.id, await readDevices(env.DB, app.id, [device.id]))
    expect((await decide('release', { ids: [device.id] })).body.decided).toBe(1)
    expect(await subscribers()).toBe(1)
  })

  it.each([[{ platform: 'fcm', ids: ['dev_1'] }], [{ platform: 'sms' }], [{ ids: [] }]])(
    'may not ask %j',
    async (body) => {
      expect(await decide('release', body)).toMatchObject({ status: 400, body: { code: 'validation_failed' } })
    },
  )

  it('has an admin key: a sender sees and does not decide', async () => {
    const refused = await call('POST', '/v1/quarantine/release', { bearer: app.sender, body: {} })
    expect(refused.body.code).toBe('forbidden')
  })
})

describe('by itself', () => {
  it('nobody is let out while the guard is open, and all are, bit by bit, when it has closed', async () => {
    const devices = [await register(), await register()]
    await callDead(devices, 'open')
    await openGuard()
    await runJobs(env, Date.now())
    expect(await read(devices[0]!.id)).toMatchObject(DEAD)
    // The environment was wrong, and the credential is replaced by the right one.
    await resetThrottleOf(env, { appId: app.id, platform: 'fcm' }, Date.now())
    await runJobs(env, Date.now())
    for (const { id } of devices) expect(await read(id)).toMatchObject(ALIVE)
    expect(await subscribers()).toBe(2)
  })
})
