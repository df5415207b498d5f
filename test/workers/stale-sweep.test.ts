/** Devices that nothing was heard of for too long are retired, a bounded step at a time. */
import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { leaveTopic } from '../../durable-objects/topic-members.ts'
import { slotOf } from '../../push/slot.ts'
import { noteHeard } from '../../schema/d1/device-quarantine.ts'
import { retireStale, walkDevices } from '../../schema/d1/device-retirement.ts'
import { readJobCursor, writeJobCursor } from '../../schema/d1/job-cursors.ts'
import worker from '../../workers/index.ts'
import { sweepStale } from '../../workers/jobs/sweep-stale.ts'
import { call, makeApp } from './calling.ts'
import { apnsToken, fcmDevice } from './device-samples.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const MINUTE_MS = 60_000

type App = Awaited<ReturnType<typeof makeApp>>
let app: App
/** Tests share the walk through the table, so each begins after the others have ended theirs. */
let now = Date.now()

beforeEach(async () => {
  app = await makeApp()
  now += 400 * DAY_MS
})

async function register(body: object = fcmDevice()) {
  const registered = await call('POST', '/v1/devices', { bearer: app.client, body: { ...body, topics: ['news'] } })
  return registered.body as { id: string; device_key: string }
}

const read = async (id: string) => (await call('GET', `/v1/devices/${id}`, { bearer: app.sender })).body
const subscribers = async () => (await call('GET', '/v1/topics/news', { bearer: app.analyst })).body.subscribers
const heard = (id: string, at: number) => noteHeard(env.DB, [{ appId: app.id, deviceId: id }], at, at)
const STALE = { retired_reason: 'stale', quarantined_at: null }

describe('a stale device', () => {
  it('is retired, and leaves its topics', async () => {
    const { id } = await register()
    await sweepStale(env, now)
    expect(await read(id)).toMatchObject({ ...STALE, retired_at: new Date(now).toISOString() })
    expect(await subscribers()).toBe(0)
  })

  it('is none that was heard of within 270 days', async () => {
    const [recent, longAgo] = [await register(), await register()]
    await heard(recent.id, now - 269 * DAY_MS)
    await heard(longAgo.id, now - 271 * DAY_MS)
    await sweepStale(env, now)
    expect(await read(recent.id)).toMatchObject({
      retired_at: null,
      seen_at: new Date(now - 269 * DAY_MS).toISOString(),
    })
    expect(await read(longAgo.id)).toMatchObject(STALE)
    expect(await subscribers()).toBe(1)
  })

  it('is of a push service for which a time is set, and of no other', async () => {
    const { id } = await register({ platform: 'apns', token: apnsToken() })
    await sweepStale(env, now)
    expect(await read(id)).toMatchObject({ retired_at: null })
    await sweepStale({ ...env, STALE_AFTER_DAYS_FCM: '', STALE_AFTER_DAYS_APNS: '30' }, now + 2 * DAY_MS)
    expect(await read(id)).toMatchObject(STALE)
  })

  it('is swept nowhere when no time is set', async () => {
    const { id } = await register()
    await sweepStale({ ...env, STALE_AFTER_DAYS_FCM: '' }, now)
    expect(await read(id)).toMatchObject({ retired_at: null })
  })

  it('is alive again with its next registration, in the topics where it was', async () => {
    const body = fcmDevice()
    const { id } = await register(body)
    await sweepStale(env, now)
    await call('POST', '/v1/devices', { bearer: app.client, body })
    expect(await read(id)).toMatchObject({ retired_at: null, retired_reason: null })
    expect(await subscribers()).toBe(1)
  })

  it('is found by the clock alone', async () => {
    const { id } = await register()
    const controller = createScheduledController({ scheduledTime: now, cron: '* * * * *' })
    await worker.scheduled(controller, env)
    expect(await read(id)).toMatchObject(STALE)
  })
})

describe('a sign of life', () => {
  it('costs a device at most one row a day', async () => {
    const { id } = await register()
    const seenAt = async () => Date.parse((await read(id)).seen_at)
    const registeredAt = await seenAt()
    const note = (at: number) => noteHeard(env.DB, [{ appId: app.id, deviceId: id }], at, at - DAY_MS)
    await note(registeredAt + DAY_MS / 2)
    expect(await seenAt()).toBe(registeredAt)
    await note(registeredAt + 2 * DAY_MS)
    await note(registeredAt + 2 * DAY_MS + 1)
    expect(await seenAt()).toBe(registeredAt + 2 * DAY_MS)
  })
})

describe('the walk', () => {
  it('is taken once a day, in steps that go on where the last one was, and reads each row once', async () => {
    const ids: string[] = []
    for (let count = 0; count < 5; count++) ids.push((await register()).id)
    const walk = { startedAt: now, steppedAt: now }
    const places: string[] = []
    let after: string[] = [app.id, '']
    for (;;) {
      const step = await walkDevices(env.DB, after, {}, walk, 2)
      const own = step.filter(({ appId }) => appId === app.id)
      places.push(...own.map(({ deviceId }) => deviceId))
      if (own.length < 2) break
      after = [app.id, own.at(-1)!.deviceId]
    }
    expect(places).toEqual([...ids].sort())
    const plan = await env.DB.prepare(
      'explain query plan select id from device where (app_id, id) > (?, ?) order by app_id, id limit 2',
    )
      .bind('', '')
      .all<{ detail: string }>()
    expect(plan.results.map(({ detail }) => detail)).toEqual(['SEARCH device USING PRIMARY KEY ((app_id,id)>(?,?))'])
  })

  it('begins anew a day after it began, not before', async () => {
    await sweepStale(env, now)
    const { id } = await register()
    await sweepStale(env, now + DAY_MS - MINUTE_MS)
    expect(await read(id)).toMatchObject({ retired_at: null })
    await sweepStale(env, now + DAY_MS)
    expect(await read(id)).toMatchObject(STALE)
  })

  it('finishes a step that was interrupted after the table was told and before the shards were', async () => {
    const { id } = await register()
    await writeJobCursor(env.DB, 'sweep-stale', { startedAt: now, after: [], steppedAt: now })
    const cutoffs = { fcm: now - DAY_MS }
    expect(await retireStale(env.DB, app.id, [id], cutoffs, now)).toMatchObject([{ deviceId: id, topics: ['news'] }])
    expect(await subscribers()).toBe(1)
    await sweepStale(env, now + MINUTE_MS)
    expect(await subscribers()).toBe(0)
    expect(await readJobCursor(env.DB, 'sweep-stale')).toMatchObject({ startedAt: now, after: null })
  })

  it('gives back who registered while an interrupted step took it out of its topics', async () => {
    const { id } = await register()
    const began = Date.now() - MINUTE_MS
    await writeJobCursor(env.DB, 'sweep-stale', { startedAt: began, after: [], steppedAt: began })
    await leaveTopic(env, app.id, 'news', [
      { deviceId: id, platform: 'fcm', slot: slotOf({ userId: null, deviceId: id }) },
    ])
    expect(await subscribers()).toBe(0)
    await sweepStale(env, Date.now())
    expect(await subscribers()).toBe(1)
    expect(await read(id)).toMatchObject({ retired_at: null })
  })
})
