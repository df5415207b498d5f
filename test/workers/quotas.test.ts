/** What an app may use up: refused when it is used up, warned of before, counted once whatever happens. */

import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CreateRequest } from '../../durable-objects/rpc.ts'
import { meterOf } from '../../durable-objects/stubs.ts'
import { quotasOf } from '../../push/app-settings.ts'
import { removeDeletedApps } from '../../workers/jobs/remove-deleted-apps.ts'
import { muteConsole } from '../console/overheard.ts'
import { call, makeApp, ROOT } from './calling.ts'
import { fcmDevice, fcmToken } from './device-samples.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App

beforeEach(async () => {
  app = await makeApp()
  // So that no day ends in the middle of a test.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 24, 12) })
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

function setQuotas(quotas: object) {
  return call('PUT', `/v1/apps/${app.id}/quotas`, { bearer: ROOT, body: quotas })
}

async function readQuotas() {
  return (await call('GET', `/v1/apps/${app.id}/quotas`, { bearer: app.admin })).body
}

interface SendOptions {
  readonly more?: object
  readonly headers?: Record<string, string>
  readonly env?: Partial<Env>
}

function send(to: object, { more, ...options }: SendOptions = {}) {
  return call('POST', '/v1/notifications', { bearer: app.sender, body: { to, title: 'Hello', ...more }, ...options })
}

async function register(facts: object = {}) {
  return call('POST', '/v1/devices', { bearer: app.sender, body: fcmDevice(facts) })
}

/** As a push service's word would. @param quarantinedAt null: for good */
function retire(deviceId: string, quarantinedAt: number | null) {
  const query = env.DB.prepare('update device set retired_at = ?, retired_reason = ?, quarantined_at = ? where id = ?')
  return query.bind(Date.now(), 'unregistered', quarantinedAt, deviceId).run()
}

/** What is answered to another request while the object of the first one has not been asked to create it yet. */
async function whileCreating(
  first: (slow: Partial<Env>) => ReturnType<typeof call>,
  second: () => ReturnType<typeof call>,
) {
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const NOTIFICATION = {
    getByName: (name: string) => ({
      replay: (bodyHash: string) => env.NOTIFICATION.getByName(name).replay(bodyHash),
      create: async (request: CreateRequest) => {
        reached.resolve()
        await released.promise
        return await env.NOTIFICATION.getByName(name).create(request)
      },
    }),
  } as never
  const one = first({ NOTIFICATION })
  await reached.promise
  const answer = await second()
  released.resolve()
  expect((await one).status).toBe(202)
  return answer
}

/** Waits until what is counted is so; the objects tell each other in their own time. */
async function untilUsed(quota: string, used: number) {
  await vi.waitFor(async () => expect((await readQuotas())[quota].used).toBe(used), { timeout: 10_000 })
}

describe('the quotas of an app', () => {
  it('are none until the operator sets them, and then all are as they were set', async () => {
    const none = { limit: null, used: null, warning_percent: null, resets_at: null }
    expect(await readQuotas()).toMatchObject({ devices: none, sends_a_day: none, recipients_a_day: none })
    const { status, body } = await setQuotas({ sends_a_day: 10, key_requests_per_10_seconds: 500 })
    expect([status, body.sends_a_day]).toEqual([
      200,
      { limit: 10, used: 0, warning_percent: null, resets_at: '2026-11-25T00:00:00.000Z' },
    ])
    expect(await readQuotas()).toEqual(body)
    expect((await setQuotas({ devices: 5 })).body).toMatchObject({ devices: { limit: 5, used: 0 }, sends_a_day: none })
  })

  it('are set by the operator only, and of other apps nobody reads them', async () => {
    const refused = await call('PUT', `/v1/apps/${app.id}/quotas`, { bearer: app.admin, body: {} })
    expect(refused.status).toBe(403)
    const other = await makeApp()
    expect((await call('GET', `/v1/apps/${other.id}/quotas`, { bearer: app.admin })).status).toBe(404)
  })

  it.each([{ sends_a_day: -1 }, { devices: 1.5 }, { requests_per_10_seconds: 0 }, { sends: 3 }])(
    'do not take %o',
    async (body) => {
      expect((await setQuotas(body)).body.code).toBe('validation_failed')
    },
  )
})

describe('sends a day', () => {
  it('are refused when they are used up, and begin anew at midnight', async () => {
    await setQuotas({ sends_a_day: 2 })
    expect((await send({ topic: 'news' })).status).toBe(202)
    expect((await send({ topic: 'news' })).status).toBe(202)
    const refused = await send({ topic: 'news' })
    expect(refused.status).toBe(429)
    expect(refused.body).toMatchObject({
      code: 'quota_exceeded',
      retry: 'backoff',
      quota: 'sends_a_day',
      used: 2,
      limit: 2,
      resets_at: '2026-11-25T00:00:00.000Z',
    })
    expect(refused.headers.get('Retry-After')).toBe(String(12 * 3600))
    vi.setSystemTime(Date.UTC(2026, 10, 25))
    expect((await send({ topic: 'news' })).status).toBe(202)
    expect((await readQuotas()).sends_a_day.used).toBe(1)
  })

  it('count an idempotent send once, and answer its repetition when nothing is left', async () => {
    await setQuotas({ sends_a_day: 1 })
    const headers = { 'Idempotency-Key': 'once' }
    const first = await send({ topic: 'news' }, { headers })
    const again = await send({ topic: 'news' }, { headers })
    expect([again.status, again.body.id]).toEqual([202, first.body.id])
    expect(again.headers.get('Idempotent-Replayed')).toBe('true')
    expect((await readQuotas()).sends_a_day.used).toBe(1)
    expect((await send({ topic: 'news' }, { headers: { 'Idempotency-Key': 'twice' } })).status).toBe(429)
  })

  it('count twins that come at once as the one send that they are', async () => {
    await setQuotas({ sends_a_day: 1 })
    const headers = { 'Idempotency-Key': 'twins' }
    const answers = await Promise.all(Array.from({ length: 5 }, () => send({ topic: 'news' }, { headers })))
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1)
    expect((await readQuotas()).sends_a_day.used).toBe(1)
  })

  it('count another body under the same idempotency key as the conflict that it is, however late the first one is made', async () => {
    await setQuotas({ sends_a_day: 5, recipients_a_day: 1 })
    for (let i = 0; i < 3; i++) await register({ topics: ['all'] })
    const headers = { 'Idempotency-Key': 'small and large' }
    const large = await whileCreating(
      (slow) => send({ users: ['nobody'] }, { headers, env: slow }),
      () => send({ topic: 'all' }, { headers }),
    )
    expect([large.status, large.body.code]).toEqual([422, 'idempotency_mismatch'])
    expect((await readQuotas()).sends_a_day.used).toBe(1)
  })

  it('keep the count of a send that was accepted when its twin is refused', async () => {
    const sent = { send: 'twins', bodyHash: 'same', recipients: 3 }
    const quotas = quotasOf({ sendsADay: 5 })
    const meter = meterOf(env, app.id)
    expect((await meter.countSend(sent, quotas)).kind).toBe('counted')
    expect((await meter.countSend(sent, quotas)).kind).toBe('known')
    expect((await meter.countSend({ ...sent, bodyHash: 'other' }, quotas)).kind).toBe('conflict')
    await meter.forgetSend('twins')
    expect(await meter.usage(quotas)).toMatchObject({ sends: 1, recipients: 3 })
    await meter.forgetSend('twins')
    expect(await meter.usage(quotas)).toMatchObject({ sends: 0, recipients: 0 })
  })

  it('are exact for many at once', async () => {
    await setQuotas({ sends_a_day: 7 })
    const answers = await Promise.all(Array.from({ length: 20 }, () => send({ topic: 'news' })))
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(7)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(13)
  })

  it('cost nothing when a send is refused for something else', async () => {
    await setQuotas({ sends_a_day: 5 })
    expect((await send({ topic: 'no spaces' })).status).toBe(400)
    expect((await send({ devices: ['dev_00000000000000000000000000000'] })).status).toBe(404)
    expect((await readQuotas()).sends_a_day.used).toBe(0)
  })

  it('survive the end of the object that counts them', async () => {
    await setQuotas({ sends_a_day: 3 })
    await send({ topic: 'news' })
    await evictDurableObject(env.METER.getByName(app.id))
    expect((await readQuotas()).sends_a_day.used).toBe(1)
  })

  it('make no notification when they are refused', async () => {
    await setQuotas({ sends_a_day: 0 })
    const headers = { 'Idempotency-Key': 'refused' }
    expect((await send({ topic: 'news' }, { headers })).status).toBe(429)
    await setQuotas({})
    const accepted = await send({ topic: 'news' }, { headers })
    expect([accepted.status, accepted.headers.get('Idempotent-Replayed')]).toEqual([202, null])
  })
})

describe('recipients a day', () => {
  it('are counted before a send to a topic is accepted', async () => {
    await setQuotas({ recipients_a_day: 5 })
    for (let i = 0; i < 3; i++) await register({ topics: ['few'] })
    expect((await send({ topic: 'few' })).status).toBe(202)
    await untilUsed('recipients_a_day', 3)
    const refused = await send({ topic: 'few' })
    expect(refused.body).toMatchObject({ quota: 'recipients_a_day', used: 3, limit: 5 })
  })

  it('of a send to users are their devices that can be reached, before it is accepted', async () => {
    await setQuotas({ recipients_a_day: 3 })
    const mine = await Promise.all(['ada', 'ada', 'bob'].map((user_id) => register({ user_id })))
    await env.DB.prepare('update device set retired_at = 1 where id = ?').bind(mine[0]!.body.id).run()
    const at = { send_at: '2026-11-24T18:00:00Z' }
    expect((await send({ users: ['ada', 'bob', 'nobody'] }, { more: at })).status).toBe(202)
    expect((await readQuotas()).recipients_a_day.used).toBe(2)
    const refused = await send({ users: ['bob', 'ada'] }, { more: at })
    expect(refused.body).toMatchObject({ quota: 'recipients_a_day', used: 2, limit: 3 })
  })

  it('are corrected when it is known how many there were', async () => {
    await setQuotas({ recipients_a_day: 10 })
    const { body } = await register()
    await env.DB.prepare('update device set retired_at = 1 where id = ?').bind(body.id).run()
    expect((await send({ devices: [body.id] })).status).toBe(202)
    await untilUsed('recipients_a_day', 0)
  })

  it('of a send that was scheduled days ahead count when it is over, as far as they are more than were counted', async () => {
    await setQuotas({ recipients_a_day: 10 })
    const meter = meterOf(env, app.id)
    const sent = { send: 'later', bodyHash: 'body', recipients: 2 }
    await meter.countSend(sent, quotasOf({ recipientsADay: 10 }))
    vi.setSystemTime(Date.UTC(2026, 10, 29, 12))
    for (let i = 0; i < 2; i++) await meter.correctSend(sent, 6)
    expect((await readQuotas()).recipients_a_day.used).toBe(4)
    await meter.correctSend({ ...sent, send: 'smaller than thought' }, 0)
    expect((await readQuotas()).recipients_a_day.used).toBe(4)
  })

  it('of a scheduled send that is canceled are given back', async () => {
    await setQuotas({ recipients_a_day: 10 })
    for (const user_id of ['ada', 'bob']) await register({ user_id })
    const body = { to: { users: ['ada', 'bob'] }, title: 'Later', send_at: '2026-11-24T18:00:00Z' }
    const { body: made } = await call('POST', '/v1/notifications', { bearer: app.sender, body })
    expect((await readQuotas()).recipients_a_day.used).toBe(2)
    await call('POST', `/v1/notifications/${made.id}/cancel`, { bearer: app.sender })
    await untilUsed('recipients_a_day', 0)
  })
})

describe('a warning', () => {
  it('is in the answer from 80 per cent on, is logged once for each threshold, and is in the quotas', async () => {
    const told = muteConsole('warn')
    await setQuotas({ sends_a_day: 10 })
    const headers: (string | null)[] = []
    for (let i = 0; i < 10; i++) headers.push((await send({ topic: 'news' })).headers.get('Fanfare-Quota-Warning'))
    expect(headers.slice(6)).toEqual([
      null,
      'sends_a_day;used=8;limit=10',
      'sends_a_day;used=9;limit=10',
      'sends_a_day;used=10;limit=10',
    ])
    const warnings = told.mock.calls
      .filter(([text]) => text === 'most of a quota is used')
      .map(([, warning]) => warning)
    expect(warnings).toEqual([
      { appId: app.id, quota: 'sends_a_day', percent: 80, used: 8, limit: 10 },
      { appId: app.id, quota: 'sends_a_day', percent: 95, used: 10, limit: 10 },
    ])
    expect((await readQuotas()).sends_a_day.warning_percent).toBe(95)
  })

  it('is in the audit log, and so is a quota that refuses, once a day', async () => {
    await setQuotas({ sends_a_day: 1 })
    for (const status of [202, 429, 429]) expect((await send({ topic: 'news' })).status).toBe(status)
    const entries = async (action: string) =>
      (await call('GET', `/v1/audit?action=${action}`, { bearer: app.admin })).body.data
    const common = { target: 'sends_a_day', outcome: 'noticed', actor: { kind: 'system' } }
    await vi.waitFor(async () => {
      expect(await entries('quotaWarning')).toMatchObject([{ ...common, after: { percent: 95, used: 1, limit: 1 } }])
      expect(await entries('quotaExceeded')).toMatchObject([{ ...common, after: { used: 1, limit: 1 } }])
    })
  })
})

describe('devices', () => {
  it('that are new are refused when there are enough, and those that are there register as ever', async () => {
    await setQuotas({ devices: 2 })
    const token = fcmToken()
    expect((await register({ token })).status).toBe(201)
    expect((await register()).status).toBe(201)
    const refused = await register()
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, null])
    expect(refused.body).toMatchObject({ code: 'quota_exceeded', quota: 'devices', used: 2, limit: 2, resets_at: null })
    expect((await register({ token })).status).toBe(200)
    expect((await readQuotas()).devices).toMatchObject({ used: 2, warning_percent: 95 })
  })

  it('that were retired and come back take a place, by a new address as by registering', async () => {
    await setQuotas({ devices: 1 })
    const { body: device } = await register()
    await retire(device.id, null)
    vi.setSystemTime(Date.now() + 61_000)
    expect((await register()).status).toBe(201)
    const change = () =>
      call('PATCH', `/v1/devices/${device.id}`, { bearer: device.device_key, body: { token: fcmToken() } })
    const refused = await change()
    expect([refused.status, refused.body.quota]).toEqual([429, 'devices'])
    const other = await call('PATCH', `/v1/devices/${device.id}`, { bearer: device.device_key, body: { locale: 'de' } })
    expect([other.status, other.body.retired_at]).toEqual([200, expect.any(String)])
    await setQuotas({ devices: 2 })
    expect((await change()).status).toBe(200)
    expect((await readQuotas()).devices.used).toBe(2)
  })

  it('that were retired on suspicion come back by a receipt while there is room, and not after', async () => {
    await setQuotas({ devices: 1 })
    const { body: device } = await register()
    await retire(device.id, Date.now())
    vi.setSystemTime(Date.now() + 61_000)
    const { body: other } = await register()
    const { body: sent } = await send({ users: ['nobody'] })
    const events = [{ notification_id: sent.id, event: 'opened', at: new Date().toISOString() }]
    const report = () => call('POST', '/v1/receipts', { bearer: device.device_key, body: { events } })
    const read = async () =>
      (await call('GET', `/v1/devices/${device.id}`, { bearer: device.device_key })).body.retired_at
    const asked = muteConsole('warn')
    await report()
    await vi.waitFor(() => expect(asked.mock.calls.map(([text]) => text)).toContain('a quota is used up'), {
      timeout: 5_000,
    })
    expect(await read()).toEqual(expect.any(String))
    await call('DELETE', `/v1/devices/${other.id}`, { bearer: app.sender })
    vi.setSystemTime(Date.now() + 61_000)
    await report()
    await vi.waitFor(async () => expect(await read()).toBeNull(), { timeout: 5_000 })
  })

  it('that are deleted make room, within a minute', async () => {
    await setQuotas({ devices: 1 })
    const { body } = await register()
    await call('DELETE', `/v1/devices/${body.id}`, { bearer: app.sender })
    vi.setSystemTime(Date.now() + 61_000)
    expect((await register()).status).toBe(201)
  })

  it('that were there before the quota are counted', async () => {
    for (let i = 0; i < 3; i++) await register()
    await setQuotas({ devices: 3 })
    expect((await readQuotas()).devices.used).toBe(3)
    expect((await register()).status).toBe(429)
  })

  it('of an import are taken while there is room, and each line that is not says so', async () => {
    await setQuotas({ devices: 3 })
    const known = fcmDevice()
    await call('POST', '/v1/devices', { bearer: app.sender, body: known })
    const lines = [fcmDevice(), { platform: 'fcm' }, known, fcmDevice(), fcmDevice()]
    const { status, body } = await call('POST', '/v1/devices/import', {
      bearer: app.admin,
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: lines.map((line) => JSON.stringify(line)).join('\n'),
    })
    expect([status, body.created, body.updated]).toEqual([200, 2, 1])
    expect(body.errors.map(({ line, code }: { line: number; code: string }) => [line, code])).toEqual([
      [2, 'validation_failed'],
      [5, 'quota_exceeded'],
    ])
  })

  it('register many at once without getting past it', async () => {
    await setQuotas({ devices: 5 })
    const answers = await Promise.all(Array.from({ length: 15 }, () => register()))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(10)
  })
})

describe('an app without quotas', () => {
  it('asks its Meter nothing about sends and devices', async () => {
    const take = (ask: never) => meterOf(env, app.id).take(ask)
    const METER = { getByName: () => ({ take }) } as never
    expect((await send({ topic: 'news' }, { env: { METER } })).status).toBe(202)
    const registered = await call('POST', '/v1/devices', { bearer: app.client, body: fcmDevice(), env: { METER } })
    expect(registered.status).toBe(201)
  })
})

describe('an app that is deleted', () => {
  it('leaves no counters behind', async () => {
    await setQuotas({ sends_a_day: 5 })
    await send({ topic: 'news' })
    const quotas = quotasOf({ sendsADay: 5 })
    expect((await meterOf(env, app.id).usage(quotas)).sends).toBe(1)
    await call('DELETE', `/v1/apps/${app.id}`, { bearer: ROOT })
    await removeDeletedApps(env, Date.now() + 3_600_000)
    expect((await meterOf(env, app.id).usage(quotas)).sends).toBe(0)
  })
})
