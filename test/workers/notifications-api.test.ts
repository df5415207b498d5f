/** Notifications through the API: what is taken, what is refused and why, and what is told about them. */
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { call, makeApp } from './calling.ts'
import { apnsToken, fcmDevice } from './device-samples.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App
let other: App

beforeAll(async () => {
  app = await makeApp()
  other = await makeApp('Chess')
})

const send = (body: unknown, headers: Record<string, string> = {}, bearer = app.sender) => {
  return call('POST', '/v1/notifications', { bearer, body, headers })
}
const read = (id: string, bearer = app.analyst) => call('GET', `/v1/notifications/${id}`, { bearer })
const deliveries = (id: string, query = '') => {
  return call('GET', `/v1/notifications/${id}/deliveries${query}`, { bearer: app.analyst })
}
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

async function device(facts: object = {}) {
  const { body } = await call('POST', '/v1/devices', { bearer: app.sender, body: fcmDevice(facts) })
  return body as { id: string; device_key: string }
}

/** The notification when it is completed. */
function completed(id: string) {
  return vi.waitFor(
    async () => {
      const { body } = await read(id)
      expect(body.status).toBe('completed')
      return body
    },
    { timeout: 20_000, interval: 50 },
  )
}

const NOBODY = {
  targeted: 0,
  pending: 0,
  accepted: 0,
  unregistered: 0,
  failed: 0,
  suppressed: 0,
  expired: 0,
  canceled: 0,
}

describe('sending', () => {
  it('answers 202 with the id, the status and where to follow it', async () => {
    const { status, headers, body } = await send({ to: { topic: 'news' }, title: 'Hello' })
    expect(status).toBe(202)
    expect(body).toEqual({ id: expect.stringMatching(/^ntf_/), status: 'queued' })
    expect(headers.get('Location')).toBe(`/v1/notifications/${body.id}`)
    expect(headers.get('Idempotent-Replayed')).toBeNull()
    expect((await read(body.id)).status).toBe(200)
  })

  it('takes every field of the contract that this version supports', async () => {
    const { id } = await device()
    const { status } = await send({
      to: { devices: [id] },
      title: 'Hello',
      body: 'World',
      image: 'https://example.com/a.png',
      url: 'https://example.com/a',
      data: { k: 'v' },
      category: 'marketing',
      priority: 'high',
      ttl_seconds: 3600,
      collapse_key: 'score',
      badge: 1,
      sound: 'default',
      fcm: { android: { notification: { color: '#ff0000' } } },
      apns: { aps: { 'thread-id': 'x' } },
      webpush: { icon: 'https://example.com/icon.png' },
      send_at: inAnHour(),
      guarantee: 'at_most_once',
      ordered: true,
      quiet_hours: 'ignore',
      bypass_caps: false,
      dry_run: false,
      campaign: 'autumn',
      variants: [],
    })
    expect(status).toBe(202)
  })

  it('is accepted without credentials, and those recipients are counted as failed and say why', async () => {
    const { id: first } = await device({ user_id: 'no-credentials' })
    await call('POST', '/v1/devices', {
      bearer: app.sender,
      body: { platform: 'apns', token: apnsToken(), user_id: 'no-credentials' },
    })
    const { body } = await send({ to: { users: ['no-credentials', 'a user without devices'] }, title: 'Hello' })
    const { created_at, started_at, completed_at, ...rest } = await completed(body.id)
    expect(rest).toEqual({
      id: body.id,
      status: 'completed',
      replay_of: null,
      paused: [],
      send_at: null,
      counts: { ...NOBODY, targeted: 2, failed: 2, delivered: 0, opened: 0, clicked: 0 },
      by_platform: { fcm: { ...NOBODY, targeted: 1, failed: 1 }, apns: { ...NOBODY, targeted: 1, failed: 1 } },
    })
    expect(Date.parse(created_at)).toBeLessThanOrEqual(Date.parse(started_at))
    expect(Date.parse(started_at)).toBeLessThanOrEqual(Date.parse(completed_at))
    const listed = await deliveries(body.id, `?device_id=${first}`)
    expect(listed.body).toEqual({
      data: [
        {
          device_id: first,
          user_id: 'no-credentials',
          platform: 'fcm',
          status: 'failed',
          attempts: 0,
          reason: 'no_credentials',
          updated_at: expect.any(String),
          history: [],
        },
      ],
      next_cursor: null,
    })
  })

  it('to nobody is completed with nothing counted', async () => {
    const { body } = await send({ to: { users: ['nobody'] }, title: 'Hello' })
    expect((await completed(body.id)).counts).toMatchObject(NOBODY)
  })

  it('takes a thousand users', async () => {
    const users = Array.from({ length: 1000 }, (_, n) => `user-${n}`)
    expect((await send({ to: { users }, title: 'Hello' })).status).toBe(202)
  })
})

describe('a body that is wrong names the field', () => {
  const to = { topic: 'news' }
  const good = { to, title: 'Hello' }

  it.each([
    ['no recipients', { title: 'Hello' }, 'validation_failed', '/to'],
    ['empty recipients', { to: {} }, 'validation_failed', '/to'],
    ['two kinds of recipients', { to: { topic: 'a', users: ['b'] } }, 'validation_failed', '/to'],
    ['an unknown kind', { to: { tag: 'a' } }, 'validation_failed', '/to/tag'],
    ['no users', { to: { users: [] } }, 'validation_failed', '/to/users'],
    ['1,001 users', { to: { users: Array.from({ length: 1001 }, String) } }, 'validation_failed', '/to/users'],
    ['a user twice', { to: { users: ['a', 'b', 'a'] } }, 'validation_failed', '/to/users/2'],
    ['a number as a device', { to: { devices: [1] } }, 'validation_failed', '/to/devices/0'],
    ['a topic with a space', { to: { topic: 'a b' } }, 'invalid_topic', '/to/topic'],
    ['a topic with a prefix', { to: { topic: '/topics/a' } }, 'invalid_topic', '/to/topic'],
    ['an endless topic', { to: { topic: 'x'.repeat(901) } }, 'invalid_topic', '/to/topic'],
    ['a number as title', { to, title: 1 }, 'validation_failed', '/title'],
    ['an unknown field', { ...good, titel: 'x' }, 'validation_failed', '/titel'],
    ['data of numbers', { ...good, data: { a: 'ok', b: 1 } }, 'validation_failed', '/data/b'],
    ['data of objects', { ...good, data: { a: { b: 'c' } } }, 'validation_failed', '/data/a'],
    ['data that is null', { ...good, data: { a: null } }, 'validation_failed', '/data/a'],
    ['a data key with a slash', { ...good, data: { 'a/b~c': 1 } }, 'validation_failed', '/data/a~1b~0c'],
    ['a reserved data key', { ...good, data: { from: 'x' } }, 'reserved_data_key', '/data/from'],
    ['a key of Google’s', { ...good, data: { 'google.x': 'x' } }, 'reserved_data_key', '/data/google.x'],
    ['a key of ours', { ...good, data: { fanfare_id: 'x' } }, 'reserved_data_key', '/data/fanfare_id'],
    ['an image over http', { ...good, image: 'http://example.com/a.png' }, 'validation_failed', '/image'],
    ['a script as url', { ...good, url: 'javascript:alert(1)' }, 'validation_failed', '/url'],
    ['an unknown priority', { ...good, priority: 'urgent' }, 'validation_failed', '/priority'],
    ['a negative ttl', { ...good, ttl_seconds: -1 }, 'validation_failed', '/ttl_seconds'],
    ['a ttl over four weeks', { ...good, ttl_seconds: 2_419_201 }, 'validation_failed', '/ttl_seconds'],
    ['a ttl in fractions', { ...good, ttl_seconds: 1.5 }, 'validation_failed', '/ttl_seconds'],
    ['a ttl as text', { ...good, ttl_seconds: '60' }, 'validation_failed', '/ttl_seconds'],
    ['a negative badge', { ...good, badge: -1 }, 'validation_failed', '/badge'],
    ['a long collapse key', { ...good, collapse_key: 'é'.repeat(33) }, 'validation_failed', '/collapse_key'],
    ['a day without time', { ...good, send_at: '2026-12-01' }, 'validation_failed', '/send_at'],
    ['a time without zone', { ...good, send_at: '2026-12-01T09:00:00' }, 'validation_failed', '/send_at'],
    ['the past', { ...good, send_at: '2020-01-01T00:00:00Z' }, 'validation_failed', '/send_at'],
    ['too far ahead', { ...good, send_at: '2120-01-01T00:00:00Z' }, 'validation_failed', '/send_at'],
    ['an unknown guarantee', { ...good, guarantee: 'exactly_once' }, 'validation_failed', '/guarantee'],
    ['an override that is a list', { ...good, apns: [] }, 'validation_failed', '/apns'],
    ['a condition', { to: { condition: "'a' in topics" } }, 'not_supported', '/to/condition'],
    ['a segment', { to: { segment: 'seg_1' } }, 'not_supported', '/to/segment'],
    ['an audience', { to: { audience: 'aud_1' } }, 'not_supported', '/to/audience'],
    ['local time', { ...good, local_time: '2026-12-01T09:00' }, 'not_supported', '/local_time'],
    ['quiet hours', { ...good, quiet_hours: 'hold' }, 'not_supported', '/quiet_hours'],
    ['caps', { ...good, bypass_caps: true }, 'not_supported', '/bypass_caps'],
    ['a dry run', { ...good, dry_run: true }, 'not_supported', '/dry_run'],
    ['variants', { ...good, variants: [{ name: 'A' }] }, 'not_supported', '/variants'],
    ['half a JSON', '{"to":', 'bad_json', undefined],
    ['a list', [], 'validation_failed', ''],
  ])('%s', async (_what, body, code, param) => {
    const answer = await send(body)
    expect([answer.body.code, answer.body.param]).toEqual([code, param])
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json')
  })

  it('says which service a payload is too large for, and by how much', async () => {
    const fits = await send({ to, data: { k: 'x'.repeat(3700) } })
    expect(fits.status).toBe(202)
    const answer = await send({ to, title: 'é'.repeat(2500) })
    expect(answer.body.code).toBe('payload_too_large')
    expect(answer.body.detail).toMatch(
      /^Built for (fcm|apns|webpush), the push has \d+ bytes; the limit is \d+\. Shorten/,
    )
  })

  it('a device that is unknown or another app’s is not found, and the field is named', async () => {
    const { id } = await device()
    const theirs = await call('POST', '/v1/devices', { bearer: other.client, body: fcmDevice() })
    for (const stranger of [theirs.body.id, `dev_${'0'.repeat(29)}`, 'x']) {
      const answer = await send({ to: { devices: [id, stranger] }, title: 'Hello' })
      expect([answer.status, answer.body.code, answer.body.param]).toEqual([404, 'not_found', '/to/devices/1'])
    }
  })

  it('a body over 1 MiB is refused', async () => {
    const answer = await send({ to, title: 'x'.repeat(1024 * 1024) })
    expect([answer.status, answer.body.code]).toEqual([413, 'body_too_large'])
  })

  it('a body of another type is refused', async () => {
    const answer = await send('to=news', { 'Content-Type': 'application/x-www-form-urlencoded' })
    expect([answer.status, answer.body.code]).toEqual([415, 'unsupported_media_type'])
  })
})

describe('an idempotency key', () => {
  const body = { to: { topic: 'idempotent' }, title: 'Hello', data: { a: '1' } }

  it('with the same body answers the first notification again', async () => {
    const key = { 'Idempotency-Key': crypto.randomUUID() }
    const first = await send(body, key)
    const again = await send(body, key)
    expect([again.status, again.body.id]).toEqual([202, first.body.id])
    expect(again.headers.get('Idempotent-Replayed')).toBe('true')
    expect(again.headers.get('Location')).toBe(first.headers.get('Location'))
  })

  it('answers the first notification also when the same request would no longer be taken', async () => {
    const key = { 'Idempotency-Key': crypto.randomUUID() }
    const { id } = await device()
    const first = await send({ to: { devices: [id] } }, key)
    await call('DELETE', `/v1/devices/${id}`, { bearer: app.admin })
    expect((await send({ to: { devices: [id] } })).status).toBe(404)
    const again = await send({ to: { devices: [id] } }, key)
    expect([again.status, again.body]).toEqual([202, first.body])
  })

  it('does not mind the order of the fields', async () => {
    const key = { 'Idempotency-Key': crypto.randomUUID() }
    const first = await send(body, key)
    const { title, ...rest } = body
    expect((await send({ title, ...rest }, key)).body.id).toBe(first.body.id)
  })

  it('with another body is refused', async () => {
    const key = { 'Idempotency-Key': crypto.randomUUID() }
    await send(body, key)
    const answer = await send({ ...body, title: 'Goodbye' }, key)
    expect([answer.status, answer.body.code]).toEqual([422, 'idempotency_mismatch'])
  })

  it('of ten requests at once makes one notification', async () => {
    const key = { 'Idempotency-Key': crypto.randomUUID() }
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(body, key)))
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1)
    expect(answers.filter((answer) => answer.headers.get('Idempotent-Replayed') === null)).toHaveLength(1)
  })

  it('belongs to its app', async () => {
    const key = { 'Idempotency-Key': 'the same in both' }
    const [mine, theirs] = [await send(body, key), await send(body, key, other.sender)]
    expect(theirs.body.id).not.toBe(mine.body.id)
    expect(theirs.headers.get('Idempotent-Replayed')).toBeNull()
  })

  it('has at most 255 characters', async () => {
    expect((await send(body, { 'Idempotency-Key': 'k'.repeat(255) })).status).toBe(202)
    const answer = await send(body, { 'Idempotency-Key': 'k'.repeat(256) })
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([400, 'validation_failed', 'idempotency-key'])
  })

  it('is used up by nothing that was refused', async () => {
    const key = { 'Idempotency-Key': crypto.randomUUID() }
    await send({ ...body, titel: 'x' }, key)
    expect((await send(body, key)).headers.get('Idempotent-Replayed')).toBeNull()
  })
})

describe('scheduling and canceling', () => {
  it('a notification for later is scheduled, and canceled nobody gets it', async () => {
    await device({ topics: ['later'] })
    const sendAt = inAnHour()
    const { body } = await send({ to: { topic: 'later' }, title: 'Hello', send_at: sendAt })
    expect(body.status).toBe('scheduled')
    expect((await read(body.id)).body).toMatchObject({ send_at: sendAt, started_at: null, completed_at: null })
    const canceled = await call('POST', `/v1/notifications/${body.id}/cancel`, { bearer: app.sender })
    expect([canceled.status, canceled.body.status]).toEqual([200, 'canceled'])
    expect(canceled.body.counts).toMatchObject({ pending: 0, accepted: 0, failed: 0 })
    const again = await call('POST', `/v1/notifications/${body.id}/cancel`, { bearer: app.sender })
    expect([again.status, again.body.status]).toEqual([200, 'canceled'])
  })

  it('takes an instant in another zone', async () => {
    const inTwoHours = new Date(Date.now() + 7_200_000).toISOString()
    const anHourEastOfUtc = inAnHour().replace('Z', '-01:00')
    const { body } = await send({ to: { topic: 'later' }, title: 'Hello', send_at: anHourEastOfUtc })
    expect((await read(body.id)).body.send_at.slice(0, 16)).toBe(inTwoHours.slice(0, 16))
  })

  it('a completed notification stays completed', async () => {
    const { body } = await send({ to: { users: ['nobody'] }, title: 'Hello' })
    await completed(body.id)
    const answer = await call('POST', `/v1/notifications/${body.id}/cancel`, { bearer: app.sender })
    expect([answer.status, answer.body.status]).toEqual([200, 'completed'])
  })
})

describe('deliveries', () => {
  it('are listed page by page, each recipient once, and by status', async () => {
    const ids: string[] = []
    for (let n = 0; n < 5; n++) ids.push((await device({ topics: ['paged'] })).id)
    const { body } = await send({ to: { topic: 'paged' }, title: 'Hello' })
    await completed(body.id)
    const listed: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = await deliveries(body.id, `?limit=2${cursor && `&cursor=${cursor}`}`)
      expect(page.body.data.length).toBeLessThanOrEqual(2)
      listed.push(...page.body.data.map((delivery: { device_id: string }) => delivery.device_id))
      cursor = page.body.next_cursor
    }
    expect(listed.sort()).toEqual(ids.sort())
    expect((await deliveries(body.id, '?status=failed')).body.data).toHaveLength(5)
    expect((await deliveries(body.id, '?status=accepted')).body.data).toEqual([])
    expect((await deliveries(body.id, `?device_id=dev_${'0'.repeat(29)}`)).body.data).toEqual([])
  })

  it.each([
    ['status=lost', 'validation_failed', 'status'],
    ['limit=501', 'validation_failed', 'limit'],
    ['devise_id=x', 'validation_failed', 'devise_id'],
    ['cursor=!', 'invalid_cursor', 'cursor'],
  ])('refuse ?%s', async (query, code, param) => {
    const { body } = await send({ to: { topic: 'news' }, title: 'Hello' })
    const answer = await deliveries(body.id, `?${query}`)
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([400, code, param])
  })
})

describe('who may', () => {
  it('another app’s and unknown notifications are not found', async () => {
    const theirs = await send({ to: { topic: 'news' }, title: 'Hello' }, {}, other.sender)
    for (const id of [theirs.body.id, `ntf_${'0'.repeat(29)}`, 'ntf_x', 'x']) {
      const answers = [
        await read(id),
        await deliveries(id),
        await call('POST', `/v1/notifications/${id}/cancel`, { bearer: app.sender }),
      ]
      for (const { status, body } of answers) expect([status, body.code, body.param]).toEqual([404, 'not_found', 'id'])
    }
    expect((await read(theirs.body.id, other.analyst)).body.status).not.toBe('canceled')
  })

  it('sending takes a sender, reading an analyst', async () => {
    const { body } = await send({ to: { topic: 'news' }, title: 'Hello' })
    const good = { to: { topic: 'news' }, title: 'Hello' }
    for (const role of ['analyst', 'client'] as const) {
      expect((await send(good, {}, app[role])).status).toBe(403)
      expect((await call('POST', `/v1/notifications/${body.id}/cancel`, { bearer: app[role] })).status).toBe(403)
    }
    expect((await read(body.id, app.client)).status).toBe(403)
    expect((await send(good, {}, 'nonsense')).status).toBe(401)
    const { device_key } = await device()
    expect((await read(body.id, device_key)).status).toBe(403)
  })
})
