/** A caller that is limited to topics or categories, call by call: what it may do, and what is not there for it. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { noteStuckWork } from '../../schema/d1/stuck-work.ts'
import { call, makeApp } from './calling.ts'
import { fcmDevice } from './device-samples.ts'

let app: Awaited<ReturnType<typeof makeApp>>
/** Keys of custom roles: limited to topics `marketing.*`, to categories `promo*`. */
let byTopic: string
let byCategory: string
let device: string

const LATER = { send_at: new Date(Date.now() + 3_600_000).toISOString(), title: 'x' }

beforeAll(async () => {
  app = await makeApp()
  const scopes = [
    'tokens:mint',
    'devices:register',
    'devices:manage',
    'devices:import',
    'topics:read',
    'topics:manage',
    'topics:delete',
    'notifications:send',
    'notifications:read',
  ]
  byTopic = await keyLimitedTo('by-topic', { scopes, topics: ['marketing.*'] })
  byCategory = await keyLimitedTo('by-category', { scopes, categories: ['promo*'] })
  device = (await call('POST', '/v1/devices', { bearer: app.sender, body: fcmDevice() })).body.id
})

async function keyLimitedTo(role: string, body: object): Promise<string> {
  await call('PUT', `/v1/apps/${app.id}/roles/${role}`, { bearer: app.admin, body })
  return (await call('POST', `/v1/apps/${app.id}/keys`, { bearer: app.admin, body: { role } })).body.key
}

const send = (bearer: string, body: object, headers = {}) => {
  return call('POST', '/v1/notifications', { bearer, body: { ...LATER, ...body }, headers })
}
const sent = async (body: object) => (await send(app.sender, body)).body.id as string

/** A notification to one new device that is given up, because there is no credential. */
async function givenUp(topic: string): Promise<string> {
  const body = fcmDevice({ topics: [topic] })
  await call('POST', '/v1/devices', { bearer: app.sender, body })
  const made = await call('POST', '/v1/notifications', { bearer: app.sender, body: { to: { topic }, title: 'x' } })
  await completed(made.body.id)
  return made.body.id
}

async function completed(id: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const { body } = await call('GET', `/v1/notifications/${id}`, { bearer: app.analyst })
      expect(body.status).toBe('completed')
    },
    { timeout: 20_000, interval: 50 },
  )
}

describe('sending', () => {
  it.each<[string, 'byTopic' | 'byCategory', object, string | null]>([
    ['to a topic within', 'byTopic', { to: { topic: 'marketing.spring' } }, null],
    ['to a topic outside', 'byTopic', { to: { topic: 'alerts' } }, '/to/topic'],
    ['to one that begins almost so', 'byTopic', { to: { topic: 'marketing' } }, '/to/topic'],
    ['to users, who could be anybody', 'byTopic', { to: { users: ['ada'] } }, '/to'],
    ['to devices', 'byTopic', { to: { devices: ['dev_x'] } }, '/to'],
    ['of any category', 'byTopic', { to: { topic: 'marketing.a' }, category: 'alerts' }, null],
    ['of a category within', 'byCategory', { to: { topic: 'alerts' }, category: 'promotions' }, null],
    ['of one to users', 'byCategory', { to: { users: ['ada'] }, category: 'promo' }, null],
    ['of a category outside', 'byCategory', { to: { topic: 'alerts' }, category: 'alerts' }, '/category'],
    ['of none', 'byCategory', { to: { topic: 'alerts' } }, '/category'],
  ])('%s, limited %s', async (_what, who, body, param) => {
    const answer = await send({ byTopic, byCategory }[who], body)
    if (param === null) expect(answer.status).toBe(202)
    else expect([answer.status, answer.body.code, answer.body.param]).toEqual([403, 'outside_limits', param])
  })

  it('says what it is limited to', async () => {
    expect((await send(byTopic, { to: { topic: 'alerts' } })).body.detail).toContain('marketing.*')
  })

  it('does not find the first answer of somebody else’s send outside', async () => {
    const body = { to: { topic: 'alerts' } }
    const headers = { 'Idempotency-Key': crypto.randomUUID() }
    expect((await send(app.sender, body, headers)).status).toBe(202)
    expect((await send(byTopic, body, headers)).body.code).toBe('outside_limits')
  })
})

describe('a notification', () => {
  let within: string
  let outside: string

  beforeAll(async () => {
    within = await sent({ to: { topic: 'marketing.spring' }, category: 'promo' })
    outside = await sent({ to: { topic: 'alerts' }, category: 'alerts' })
  })

  it.each<[string, string]>([
    ['GET', ''],
    ['GET', '/deliveries'],
    ['POST', '/cancel'],
  ])('%s …%s is answered within, and as if it were not there outside', async (method, path) => {
    for (const bearer of [byTopic, byCategory]) {
      expect((await call(method, `/v1/notifications/${within}${path}`, { bearer })).status).toBe(200)
      const answer = await call(method, `/v1/notifications/${outside}${path}`, { bearer })
      const unknown = await call(method, `/v1/notifications/ntf_${'0'.repeat(29)}${path}`, { bearer })
      expect([answer.status, answer.body.code]).toEqual([404, 'not_found'])
      expect(answer.body.title).toBe(unknown.body.title)
    }
  })

  it('outside was not canceled by who may not see it', async () => {
    const { body } = await call('GET', `/v1/notifications/${outside}`, { bearer: app.analyst })
    expect(body.status).toBe('scheduled')
  })

  it('to users is outside the topics of whoever is limited to some, and has no category', async () => {
    const id = await sent({ to: { users: ['ada'] } })
    for (const bearer of [byTopic, byCategory]) {
      expect((await call('GET', `/v1/notifications/${id}`, { bearer })).status).toBe(404)
    }
  })
})

describe('dead letters', () => {
  let within: string
  let outside: string

  beforeAll(async () => {
    within = await givenUp('marketing.lost')
    outside = await givenUp('alerts.lost')
  })

  const list = async (query = '', bearer = byTopic) => call('GET', `/v1/dead-letters${query}`, { bearer })

  it('are listed of notifications within only', async () => {
    await vi.waitFor(async () => expect((await list('', app.analyst)).body.data).toHaveLength(2))
    const { body } = await list()
    expect(body.data.map((letter: { notification_id: string }) => letter.notification_id)).toEqual([within])
    expect((await list('', byCategory)).body.data).toEqual([])
    expect((await list(`?notification_id=${within}`)).body.data).toHaveLength(1)
    expect((await list(`?notification_id=${outside}`)).body).toMatchObject({ code: 'not_found' })
  })

  it('are sent again within only, and the replay is within as well', async () => {
    const replay = (body: object, headers = {}) =>
      call('POST', '/v1/dead-letters/replay', { bearer: byTopic, body, headers })
    const [letter] = (await list(`?notification_id=${outside}`, app.analyst)).body.data
    expect((await replay({ notification_id: outside })).body).toMatchObject({
      code: 'not_found',
      param: '/notification_id',
    })
    expect((await replay({ ids: [letter.id] })).body).toMatchObject({ code: 'not_found', param: '/ids' })

    const { status, body } = await replay({ notification_id: within })
    expect([status, body.data.length]).toEqual([202, 1])
    const again = `/v1/notifications/${body.data[0].id}`
    expect((await call('GET', again, { bearer: byTopic })).body.replay_of).toBe(within)
    expect((await call('GET', again, { bearer: byCategory })).status).toBe(404)
    await completed(body.data[0].id)
    const third = await replay({ notification_id: body.data[0].id })
    expect((await call('GET', `/v1/notifications/${third.body.data[0].id}`, { bearer: byTopic })).status).toBe(200)
  })

  it('that somebody else sent again outside are not found by his idempotency key', async () => {
    const request = { body: { notification_id: outside }, headers: { 'Idempotency-Key': crypto.randomUUID() } }
    expect((await call('POST', '/v1/dead-letters/replay', { bearer: app.sender, ...request })).status).toBe(202)
    expect((await call('POST', '/v1/dead-letters/replay', { bearer: byTopic, ...request })).status).toBe(404)
  })

  it('that are stuck are looked at within only', async () => {
    for (const notificationId of [within, outside]) {
      const ledger = { kind: 'notification', name: `${app.id}/${notificationId.slice(-20)}` } as const
      const job = { appId: app.id, notificationId, ledger, ticket: 0 }
      await noteStuckWork(env.DB, job, { error: null, counts: true, now: Date.now() })
    }
    expect((await call('GET', '/v1/dead-letters/tickets', { bearer: byTopic })).body.data).toEqual([])
    // What was looked at turned out to be done, and is listed no more; the other one was not even looked at.
    const left = await env.DB.prepare('select notification_id as id from stuck_work where app_id = ?')
      .bind(app.id)
      .all()
    expect(left.results).toEqual([{ id: outside }])
  })
})

describe('topics', () => {
  const outside = (answer: { status: number; body: { code: string; param: string } }) => {
    return [answer.status, answer.body.code, answer.body.param]
  }
  const REFUSED = [403, 'outside_limits', 'topic']

  it('are listed within only, page by page', async () => {
    for (const topic of ['a', 'marketing.1', 'marketing.2', 'marketingX', 'z']) {
      await call('PUT', `/v1/topics/${topic}/devices/${device}`, { bearer: app.sender })
    }
    const names: string[] = []
    let cursor = ''
    do {
      const { body } = await call('GET', `/v1/topics?limit=1${cursor}`, { bearer: byTopic })
      names.push(...body.data.map(({ name }: { name: string }) => name))
      cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`
    } while (cursor !== '')
    expect(names).toEqual(expect.arrayContaining(['marketing.1', 'marketing.2']))
    expect(names.filter((name) => !name.startsWith('marketing.'))).toEqual([])
  })

  it('by exact names are listed as well', async () => {
    const bearer = await keyLimitedTo('exact', { scopes: ['topics:read'], topics: ['a', 'marketing.2', 'none'] })
    const { body } = await call('GET', '/v1/topics', { bearer })
    expect(body.data.map(({ name }: { name: string }) => name)).toEqual(['a', 'marketing.2'])
  })

  it.each<[string, (topic: string) => string, object | undefined]>([
    ['GET', (topic) => `/v1/topics/${topic}`, undefined],
    ['PUT', (topic) => `/v1/topics/${topic}/devices/${device}`, undefined],
    ['DELETE', (topic) => `/v1/topics/${topic}/devices/${device}`, undefined],
    ['POST', (topic) => `/v1/topics/${topic}/devices`, { add: ['dev_x'] }],
    ['DELETE', (topic) => `/v1/topics/${topic}`, undefined],
  ])('%s is refused outside, whether the topic is there or not', async (method, path, body) => {
    for (const topic of ['a', 'never-seen']) {
      expect(outside(await call(method, path(topic), { bearer: byTopic, body }))).toEqual(REFUSED)
    }
    await call('PUT', `/v1/topics/marketing.1/devices/${device}`, { bearer: byTopic })
    expect((await call(method, path('marketing.1'), { bearer: byTopic, body })).status).toBeLessThan(300)
    // Categories say nothing about topics.
    await call('PUT', `/v1/topics/b/devices/${device}`, { bearer: byCategory })
    expect((await call(method, path('b'), { bearer: byCategory, body })).status).toBeLessThan(300)
  })

  it('of a device that registers are within, or it is not registered', async () => {
    const body = fcmDevice({ topics: ['marketing.1', 'alerts'] })
    const answer = await call('POST', '/v1/devices', { bearer: byTopic, body })
    expect(outside(answer)).toEqual([403, 'outside_limits', '/topics/1'])
    const registered = await call('POST', '/v1/devices', {
      bearer: byTopic,
      body: { ...body, topics: ['marketing.1'] },
    })
    expect(registered.status).toBe(201)
  })

  it('of an import are within, line by line', async () => {
    const lines = [['marketing.1'], ['marketing.1', 'alerts'], []].map((topics) =>
      JSON.stringify(fcmDevice({ topics })),
    )
    const answer = await call('POST', '/v1/devices/import', {
      bearer: byTopic,
      body: lines.join('\n'),
      headers: { 'Content-Type': 'application/x-ndjson' },
    })
    expect(answer.body).toMatchObject({ created: 2, errors: [{ line: 2, code: 'outside_limits', param: '/topics/1' }] })
  })
})

describe('a token', () => {
  const mint = (bearer: string, body: object) => {
    return call('POST', '/v1/tokens', { bearer, body: { ttl_seconds: 60, scopes: ['notifications:send'], ...body } })
  }

  it('is limited as its minter is, though nobody says so', async () => {
    const { body } = await mint(byTopic, {})
    expect((await send(body.token, { to: { topic: 'marketing.a' } })).status).toBe(202)
    expect((await send(body.token, { to: { topic: 'alerts' } })).body.code).toBe('outside_limits')
  })

  it('may be limited further', async () => {
    const { body } = await mint(byTopic, { topics: ['marketing.spring'], categories: ['promo'] })
    expect((await send(body.token, { to: { topic: 'marketing.spring' }, category: 'promo' })).status).toBe(202)
    expect((await send(body.token, { to: { topic: 'marketing.a' }, category: 'promo' })).body.param).toBe('/to/topic')
    expect((await send(body.token, { to: { topic: 'marketing.spring' } })).body.param).toBe('/category')
  })

  it('of a caller without limits has those that it is given', async () => {
    const { body } = await mint(app.sender, { topics: ['news'] })
    expect((await send(body.token, { to: { topic: 'news' } })).status).toBe(202)
    expect((await send(body.token, { to: { topic: 'newsletter' } })).body.code).toBe('outside_limits')
  })

  it.each<[object, string]>([
    [{ topics: ['marketing.a', '*'] }, '/topics'],
    [{ topics: ['marketing'] }, '/topics'],
  ])('is not minted with wider limits: %j', async (body, param) => {
    const answer = await mint(byTopic, body)
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([403, 'scope_not_allowed', param])
  })

  it('that is bound to a user registers in topics within only', async () => {
    const { body } = await mint(byTopic, { scopes: ['devices:register'], user_id: 'ada' })
    const register = (topic: string) =>
      call('POST', '/v1/devices', { bearer: body.token, body: fcmDevice({ topics: [topic] }) })
    expect((await register('marketing.a')).status).toBe(201)
    expect((await register('alerts')).body.code).toBe('outside_limits')
  })
})
