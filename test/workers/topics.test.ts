/** Topics through the API: joining and leaving, alone and in bulk, and how large they are. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { retireDevices } from '../../schema/d1/device-retirement.ts'
import { call, makeApp } from './calling.ts'
import { fcmDevice } from './device-samples.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App
let other: App

beforeAll(async () => {
  app = await makeApp()
  other = await makeApp('Chess')
})

async function device(from = app) {
  const { body } = await call('POST', '/v1/devices', { bearer: from.client, body: fcmDevice() })
  return body as { id: string; device_key: string }
}

const path = (topic: string, id?: string) => `/v1/topics/${encodeURIComponent(topic)}${id ? `/devices/${id}` : ''}`
const read = (topic: string, bearer = app.analyst) => call('GET', path(topic), { bearer })
const change = (topic: string, body: unknown, bearer = app.sender) => {
  return call('POST', `${path(topic)}/devices`, { bearer, body })
}

describe('one device', () => {
  it('joins and leaves with its own key; both may be repeated', async () => {
    const { id, device_key } = await device()
    for (const [method, subscribers] of [
      ['PUT', 1],
      ['PUT', 1],
      ['DELETE', 0],
      ['DELETE', 0],
      ['PUT', 1],
    ] as const) {
      const answer = await call(method, path('own', id), { bearer: device_key })
      expect([answer.status, answer.text]).toEqual([204, ''])
      expect((await read('own')).body).toEqual({ name: 'own', subscribers, shards: 1 })
    }
  })

  it.each(['sender', 'admin'] as const)('is put into a topic by a key of role %s', async (role) => {
    const { id } = await device()
    expect((await call('PUT', path(`by-${role}`, id), { bearer: app[role] })).status).toBe(204)
    expect((await read(`by-${role}`)).body.subscribers).toBe(1)
  })

  it('that is retired is no subscriber until it registers again', async () => {
    const registration = fcmDevice()
    const { body } = await call('POST', '/v1/devices', { bearer: app.client, body: registration })
    const dead = { deviceId: body.id, address: registration.token as string, asOfAt: Date.now() + 1 }
    await retireDevices(env.DB, app.id, [{ ...dead, reason: 'UNREGISTERED' }], null)
    expect((await call('PUT', path('retired', body.id), { bearer: app.sender })).status).toBe(204)
    expect((await read('retired')).body.subscribers).toBe(0)
    await call('POST', '/v1/devices', { bearer: app.client, body: registration })
    expect((await read('retired')).body.subscribers).toBe(1)
  })

  it('may have any topic that FCM would take', async () => {
    const { id } = await device()
    for (const topic of ['100%', 'a.b_c~d-e', '%20', 'x'.repeat(900)]) {
      expect((await call('PUT', path(topic, id), { bearer: app.sender })).status).toBe(204)
      expect((await read(topic)).body).toMatchObject({ name: topic, subscribers: 1 })
    }
  })

  it.each(['a b', 'a/b', 'é', 'a:b', 'a\n', 'x'.repeat(901)])('has no topic %j', async (topic) => {
    const { id } = await device()
    for (const method of ['PUT', 'DELETE']) {
      const answer = await call(method, path(topic, id), { bearer: app.sender })
      expect([answer.status, answer.body.code, answer.body.param]).toEqual([400, 'invalid_topic', 'topic'])
    }
    expect((await read(topic)).body.code).toBe('invalid_topic')
  })

  it('is unknown when it is another app’s, deleted or made up', async () => {
    const theirs = await device(other)
    for (const id of [theirs.id, `dev_${'0'.repeat(29)}`, 'dev_x']) {
      for (const method of ['PUT', 'DELETE']) {
        const answer = await call(method, path('news', id), { bearer: app.sender })
        expect([answer.status, answer.body.code, answer.body.param]).toEqual([404, 'not_found', 'id'])
      }
    }
  })

  it('does not speak for another', async () => {
    const [mine, yours] = [await device(), await device()]
    expect((await call('PUT', path('news', yours.id), { bearer: mine.device_key })).status).toBe(404)
    expect((await call('PUT', path('news', yours.id), { bearer: app.client })).status).toBe(403)
    expect((await call('PUT', path('news', yours.id), { bearer: app.analyst })).status).toBe(403)
    expect((await call('PUT', path('news', yours.id))).status).toBe(401)
  })
})

describe('many devices', () => {
  it('join and leave together, each with its result', async () => {
    const ids = (await Promise.all([device(), device(), device()])).map(({ id }) => id)
    const [a, b, c] = ids
    await change('bulk', { add: [a] })
    const unknown = `dev_${'0'.repeat(29)}`
    const { status, body } = await change('bulk', { add: [b, unknown, c], remove: [a, 'x'] })
    expect([status, body]).toEqual([
      200,
      {
        results: [
          { id: b, result: 'added' },
          { id: unknown, result: 'not_found' },
          { id: c, result: 'added' },
          { id: a, result: 'removed' },
          { id: 'x', result: 'not_found' },
        ],
      },
    ])
    expect((await read('bulk')).body.subscribers).toBe(2)
  })

  it('of another app are not found and not touched', async () => {
    const theirs = await device(other)
    await call('PUT', path('shared-name', theirs.id), { bearer: other.sender })
    const answer = await change('shared-name', { remove: [theirs.id] })
    expect(answer.body.results).toEqual([{ id: theirs.id, result: 'not_found' }])
    expect((await read('shared-name', other.analyst)).body.subscribers).toBe(1)
  })

  const id = `dev_${'0'.repeat(29)}`
  it.each([
    ['nothing to do', {}, ''],
    ['empty lists', { add: [], remove: [] }, ''],
    ['a list of numbers', { add: [1] }, '/add/0'],
    ['an unknown field', { add: [id], set: [] }, '/set'],
    ['an id in both', { add: [id], remove: [id] }, '/remove/0'],
    ['1,001 together', { add: Array(501).fill(id), remove: Array(500).fill(`${id}x`) }, ''],
    ['1,001 in one', { add: Array(1001).fill(id) }, '/add'],
  ])('are refused as %s', async (_what, body, param) => {
    const answer = await change('bulk', body)
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([400, 'validation_failed', param])
  })

  it('a thousand are taken', async () => {
    const answer = await change('bulk', { add: Array.from({ length: 1000 }, (_, n) => `dev_${n}`) })
    expect([answer.status, answer.body.results.length]).toEqual([200, 1000])
  })

  it.each(['analyst', 'client'] as const)('are not for a key of role %s', async (role) => {
    expect((await change('bulk', { add: [id] }, app[role])).status).toBe(403)
  })
})

describe('listing', () => {
  it('goes through all topics by name, page by page, with their sizes', async () => {
    const fresh = await makeApp('Lists')
    const { id } = await device(fresh)
    for (const topic of ['b', 'a', '50%', 'c', 'd']) await call('PUT', path(topic, id), { bearer: fresh.sender })
    await call('DELETE', path('c', id), { bearer: fresh.sender })
    const names: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = await call('GET', `/v1/topics?limit=2${cursor && `&cursor=${cursor}`}`, { bearer: fresh.analyst })
      expect(page.body.data.length).toBeLessThanOrEqual(2)
      names.push(
        ...page.body.data.map((topic: { name: string; subscribers: number }) => `${topic.name} ${topic.subscribers}`),
      )
      cursor = page.body.next_cursor
    }
    expect(names).toEqual(['50% 1', 'a 1', 'b 1', 'c 0', 'd 1'])
  })

  it.each([
    ['limit=0', 'validation_failed', 'limit'],
    ['limit=101', 'validation_failed', 'limit'],
    ['limit=ten', 'validation_failed', 'limit'],
    ['offset=1', 'validation_failed', 'offset'],
    ['cursor=!', 'invalid_cursor', 'cursor'],
    ['cursor=A', 'invalid_cursor', 'cursor'],
    ['cursor=_w', 'invalid_cursor', 'cursor'],
  ])('refuses ?%s', async (query, code, param) => {
    const answer = await call('GET', `/v1/topics?${query}`, { bearer: app.analyst })
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([400, code, param])
  })

  it('knows no topic that nobody ever joined, nor another app’s', async () => {
    const theirs = await device(other)
    await call('PUT', path('theirs', theirs.id), { bearer: other.sender })
    for (const topic of ['theirs', 'nobody']) {
      expect([(await read(topic)).status, (await read(topic)).body.code]).toEqual([404, 'not_found'])
    }
  })

  it.each(['client'] as const)('is not for a key of role %s', async (role) => {
    expect((await call('GET', '/v1/topics', { bearer: app[role] })).status).toBe(403)
    expect((await read('news', app[role])).status).toBe(403)
  })
})
