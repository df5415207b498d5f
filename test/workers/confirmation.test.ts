/** A send to very many is taken only when somebody has seen how many: the first answer says it, the second request has proof. */
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { call, makeApp, ROOT } from './calling.ts'
import { fcmDevice } from './device-samples.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App

const BODY = { to: { topic: 'everybody' }, title: 'Hello' }

beforeEach(async () => {
  app = await makeApp()
  for (let i = 0; i < 3; i++) await subscribe()
  await confirmAbove(2)
})

afterEach(() => {
  vi.useRealTimers()
})

function confirmAbove(recipients: number | null) {
  const body = { confirm_above_recipients: recipients }
  return call('PATCH', `/v1/apps/${app.id}/settings`, { bearer: app.admin, body })
}

function subscribe() {
  return call('POST', '/v1/devices', { bearer: app.sender, body: fcmDevice({ topics: ['everybody'] }) })
}

interface Sent {
  readonly bearer?: string
  readonly body?: object
  readonly confirmation?: string
  readonly key?: string
}

function send({ bearer = app.sender, body = BODY, confirmation, key }: Sent = {}) {
  const headers = {
    ...(confirmation !== undefined && { 'Fanfare-Confirmation': confirmation }),
    ...(key !== undefined && { 'Idempotency-Key': key }),
  }
  return call('POST', '/v1/notifications', { bearer, body, headers })
}

async function confirmation(sent: Sent = {}): Promise<string> {
  return (await send(sent)).body.confirmation
}

describe('a send to more than the app allows without a word', () => {
  it('is not taken, and says how many there are, with a confirmation and until when it is good', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 24, 12) })
    const { status, body } = await send()
    expect(status).toBe(409)
    expect(body).toMatchObject({
      code: 'confirmation_required',
      retry: 'never',
      recipients: 3,
      confirmation: expect.any(String),
      expires_at: '2026-11-24T12:10:00.000Z',
    })
  })

  it('is taken when the same request comes with the confirmation', async () => {
    expect((await send({ confirmation: await confirmation() })).status).toBe(202)
  })

  it('is taken as a scheduled one in the same way', async () => {
    const body = { ...BODY, send_at: new Date(Date.now() + 3_600_000).toISOString() }
    expect((await send({ body })).body.code).toBe('confirmation_required')
    const { status, body: made } = await send({ body, confirmation: await confirmation({ body }) })
    expect([status, made.status]).toEqual([202, 'scheduled'])
  })

  it.each([
    ['another body', () => ({ body: { ...BODY, title: 'Other' } })],
    ['another key', () => ({ bearer: app.admin })],
  ])('is not taken with a confirmation for %s', async (_what, other) => {
    const answer = await send({ confirmation: await confirmation(other()) })
    expect([answer.status, answer.body.code]).toEqual([409, 'confirmation_required'])
    expect(answer.body.detail).toContain('another request or another caller')
  })

  it('is not taken with a confirmation that has expired, and gets a new one', async () => {
    const early = await confirmation()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11 * 60_000 })
    const answer = await send({ confirmation: early })
    expect(answer.body.detail).toContain('has expired')
    expect((await send({ confirmation: answer.body.confirmation })).status).toBe(202)
  })

  it('is not taken when the topic has grown by more than a tenth since, and is when it is confirmed anew', async () => {
    const early = await confirmation()
    for (let i = 0; i < 4; i++) await subscribe()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6_000 })
    const answer = await send({ confirmation: early })
    expect(answer.body).toMatchObject({ recipients: 7, detail: expect.stringContaining('for fewer') })
    expect((await send({ confirmation: answer.body.confirmation })).status).toBe(202)
  })

  it('is one to a user who has many devices', async () => {
    for (let i = 0; i < 3; i++)
      await call('POST', '/v1/devices', { bearer: app.sender, body: fcmDevice({ user_id: 'guest' }) })
    const body = { ...BODY, to: { users: ['guest'] } }
    const refused = await send({ body })
    expect(refused.body).toMatchObject({ code: 'confirmation_required', recipients: 3 })
    expect((await send({ body, confirmation: refused.body.confirmation })).status).toBe(202)
  })

  it('is one to a topic that has grown past it a few seconds ago', async () => {
    await confirmAbove(400)
    expect((await send()).status).toBe(202)
    const body = Array.from({ length: 400 }, () => JSON.stringify(fcmDevice({ topics: ['everybody'] }))).join('\n')
    const headers = { 'Content-Type': 'application/x-ndjson' }
    await call('POST', '/v1/devices/import', { bearer: app.admin, body, headers })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6_000 })
    expect((await send()).body).toMatchObject({ code: 'confirmation_required', recipients: 403 })
  })

  it('keeps nothing of the request that was not taken: its idempotency key is free', async () => {
    expect((await send({ key: 'free' })).status).toBe(409)
    expect((await send({ key: 'free', body: { ...BODY, to: { users: ['ada'] } } })).status).toBe(202)
  })

  it('is confirmed once: the next one needs a word of its own, whatever its idempotency key', async () => {
    const used = await confirmation()
    expect((await send({ confirmation: used })).status).toBe(202)
    for (const key of [undefined, 'fresh']) {
      const again = await send({ confirmation: used, key })
      expect([again.status, again.body.code]).toEqual([409, 'confirmation_required'])
      expect(again.body.detail).toContain('used before')
      expect((await send({ confirmation: again.body.confirmation, key })).status).toBe(202)
    }
  })

  it('is confirmed once for all requests with its idempotency key, however many come at once', async () => {
    const mine = { key: 'twins', confirmation: await confirmation() }
    const answers = await Promise.all(Array.from({ length: 4 }, () => send(mine)))
    answers.push(await send(mine))
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1)
    expect(answers[0]!.status).toBe(202)
  })

  it('that was accepted is repeated without a confirmation', async () => {
    const first = await send({ key: 'repeated', confirmation: await confirmation() })
    const again = await send({ key: 'repeated' })
    expect([again.status, again.body.id]).toEqual([202, first.body.id])
    expect(again.headers.get('Idempotent-Replayed')).toBe('true')
  })
})

describe('a send that needs no confirmation', () => {
  it('is one to as many as are allowed, to users, to devices, and every one where the app says never', async () => {
    expect((await send({ body: { ...BODY, to: { users: ['ada'] } } })).status).toBe(202)
    await confirmAbove(3)
    expect((await send()).status).toBe(202)
    await confirmAbove(null)
    expect((await send()).status).toBe(202)
  })

  it('is everything below a million, unless the app says otherwise', async () => {
    expect((await call('GET', `/v1/apps/${(await makeApp()).id}/settings`, { bearer: ROOT })).body).toMatchObject({
      confirm_above_recipients: 1_000_000,
    })
  })

  it('asks the database for nobody’s devices where a send to users cannot be large enough', async () => {
    await confirmAbove(1_000_000)
    const asked: string[] = []
    const DB = new Proxy(env.DB, {
      get: (db, name) => {
        const value = Reflect.get(db, name)
        if (name !== 'prepare') return typeof value === 'function' ? value.bind(db) : value
        return (sql: string) => {
          asked.push(sql)
          return db.prepare(sql)
        }
      },
    })
    const to = { users: ['ada'] }
    expect(
      (await call('POST', '/v1/notifications', { bearer: app.sender, body: { to, title: 'Hello' }, env: { DB } }))
        .status,
    ).toBe(202)
    expect(asked.filter((sql) => sql.includes('device_user'))).toEqual([])
  })

  it('asks for the size of its topic once in a few seconds, and for none of users and devices', async () => {
    await confirmAbove(1_000)
    let asked = 0
    const SUBSCRIBER_SHARD = {
      getByName: (name: string) => {
        asked++
        return env.SUBSCRIBER_SHARD.getByName(name)
      },
    } as never
    const sendWith = (to: object) =>
      call('POST', '/v1/notifications', { bearer: app.sender, body: { to, title: 'Hello' }, env: { SUBSCRIBER_SHARD } })
    const { body } = await subscribe()
    for (let i = 0; i < 3; i++) {
      expect((await sendWith({ topic: 'everybody' })).status).toBe(202)
      expect((await sendWith({ devices: [body.id] })).status).toBe(202)
      expect((await sendWith({ users: ['ada'] })).status).toBe(202)
    }
    expect(asked).toBeLessThanOrEqual(1)
  })
})
