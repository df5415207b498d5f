/**
 * One key, one notification: whoever repeats the request, how often, at the same time or a day later, and whatever
 * happens to the object that has accepted it.
 */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Notification } from '../../durable-objects/notification.ts'
import { createNotification } from '../../durable-objects/notifications.ts'
import { idTail, makeId } from '../../push/ids.ts'
import type { Send } from '../../push/notification.ts'
import { requireAccepted } from '../../workers/api/require-accepted.ts'
import { type Called, call, makeApp } from './calling.ts'

const HOUR_MS = 3_600_000
const BODY = { to: { topic: 'idempotent' }, title: 'Hello' }

let app: Awaited<ReturnType<typeof makeApp>>

beforeAll(async () => {
  app = await makeApp()
})

afterEach(() => {
  vi.useRealTimers()
})

const send = (key: string | null, body: unknown = BODY) =>
  call('POST', '/v1/notifications', { bearer: app.sender, body, headers: key ? { 'Idempotency-Key': key } : {} })

const isReplay = ({ headers }: Called) => headers.get('Idempotent-Replayed') === 'true'
const objectOf = (id: string) => env.NOTIFICATION.getByName(`${app.id}/${idTail(id)}`)

/** Stops an object as the platform does when it moves it: what it was doing is cut off. */
async function reset(stub: DurableObjectStub): Promise<void> {
  await runInDurableObject(stub, (_instance, state) => state.abort('moved')).catch(() => {})
}

/** Keeps a line of ordered sends from answering, so that whoever wants to enter it waits. */
async function holdLine(topic: string): Promise<() => Promise<unknown>> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const began = Promise.withResolvers<void>()
  const held = runInDurableObject(env.ORDER.getByName(`${app.id}/topic/${topic}`), (_instance, state) => {
    void state.blockConcurrencyWhile(() => {
      began.resolve()
      return promise
    })
  })
  await began.promise
  return () => {
    resolve()
    return held
  }
}

/** A send as the door parses it. */
function parsed(topic: string, ordered: boolean): Send {
  const message = { data: {}, priority: 'normal', ttlSeconds: 60, fcm: {}, apns: {}, webpush: {} } as const
  return { audience: { kind: 'topic', topic }, message, guarantee: 'at_least_once', ordered, sendAt: null }
}

describe('requests with one key', () => {
  it('fifty at once make one notification, and all others are told so', async () => {
    const key = crypto.randomUUID()
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(key)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect(answers.filter((answer) => !isReplay(answer))).toHaveLength(1)
  })

  it('fifty at once from edges whose clocks differ make one notification', async () => {
    const request = {
      appId: app.id,
      send: parsed('edges', false),
      idempotencyKey: 'of fifty edges',
      bodyHash: 'h',
      sentBy: null,
    }
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, edge) => createNotification(env, { ...request, now: Date.now() + edge * 1000 })),
    )
    expect(new Set(answers.map((answer) => ('id' in answer ? answer.id : null))).size).toBe(1)
    expect(answers.filter(({ kind }) => kind === 'created')).toHaveLength(1)
    expect(answers.filter(({ kind }) => kind === 'replayed')).toHaveLength(49)
  })

  it('fifty at once with two bodies make one notification of one of them', async () => {
    const key = crypto.randomUUID()
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => send(key, { ...BODY, title: `${i % 2}` })))
    const accepted = answers.filter(({ status }) => status === 202)
    expect([accepted.length, answers.filter(({ status }) => status === 422).length]).toEqual([25, 25])
    expect(new Set(accepted.map(({ body }) => body.id)).size).toBe(1)
  })

  it('find the first one after its object was restarted', async () => {
    const key = crypto.randomUUID()
    const first = await send(key)
    await reset(objectOf(first.body.id))
    const again = await send(key)
    expect([again.body.id, isReplay(again)]).toEqual([first.body.id, true])
    expect((await send(key, { ...BODY, title: 'Goodbye' })).status).toBe(422)
  })

  it('find the first one when the keys of a map come in another order', async () => {
    const key = crypto.randomUUID()
    const body = (data: object, apns: object) => ({ ...BODY, data, apns })
    const first = await send(key, body({ a: '1', b: '2' }, { aps: { badge: 1, sound: 'x' } }))
    const again = await send(key, body({ b: '2', a: '1' }, { aps: { sound: 'x', badge: 1 } }))
    expect([first.status, again.status, again.body.id]).toEqual([202, 202, first.body.id])
    expect((await send(key, body({ a: '2', b: '1' }, { aps: { badge: 1, sound: 'x' } }))).status).toBe(422)
  })

  it.each([25, 24 * 29])('find the first one %i hours later', async (hours) => {
    const key = crypto.randomUUID()
    const first = await send(key)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * HOUR_MS })
    const again = await send(key)
    expect([again.body.id, isReplay(again)]).toEqual([first.body.id, true])
  })

  it('find a scheduled one and a canceled one, as it was answered first', async () => {
    const key = crypto.randomUUID()
    const body = { ...BODY, send_at: new Date(Date.now() + HOUR_MS).toISOString() }
    const first = await send(key, body)
    expect((await send(key, body)).body).toEqual(first.body)
    await call('POST', `/v1/notifications/${first.body.id}/cancel`, { bearer: app.sender })
    const again = await send(key, body)
    expect([again.status, again.body, isReplay(again)]).toEqual([202, first.body, true])
  })
})

describe('a notification', () => {
  it('is stored with the alarm that starts it, so that no repetition finds one that never starts', async () => {
    const id = makeId('ntf', Date.now(), crypto.getRandomValues(new Uint8Array(20)))
    await runInDurableObject(objectOf(id), async (instance: Notification, { storage }) => {
      const getAlarm = storage.getAlarm.bind(storage)
      // What waits for this is cut off here.
      Object.assign(storage, { getAlarm: () => new Promise(() => {}) })
      void instance.create({ id, appId: app.id, send: parsed('cut-off', false), bodyHash: 'h', sentBy: null })
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(storage.kv.get('notification')).toBeDefined()
      expect(await getAlarm()).not.toBeNull()
    })
  })
})

describe('when it is not known whether the send was accepted', () => {
  it('a request with a key is told to repeat it, and the repetition finds out', async () => {
    const [key, topic] = [crypto.randomUUID(), 'moved']
    const release = await holdLine(topic)
    const body = { ...BODY, to: { topic }, ordered: true }
    const cutOff = send(key, body)
    await reset(await begunObject(key))
    const answer = await cutOff
    expect([answer.status, answer.body.code, answer.body.retry]).toEqual([409, 'idempotency_in_flight', 'backoff'])
    expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0)
    await release()
    const again = await Promise.all([send(key, body), send(key, body)])
    expect(again.map(({ status }) => status)).toEqual([202, 202])
    expect(new Set(again.map(({ body: { id } }) => id)).size).toBe(1)
  })

  it('a line that cannot be reached is as unknown as the object itself', async () => {
    const key = crypto.randomUUID()
    const body = { ...BODY, ordered: true }
    const stub = objectOf(await idOf(key))
    await runInDurableObject(stub, (instance) => {
      const { lines } = instance as unknown as { lines: object }
      Object.assign(lines, { env: { ...env, ORDER: {} } })
    })
    expect((await send(key, body)).body.code).toBe('idempotency_in_flight')
    await reset(stub)
    const again = await send(key, body)
    expect([again.status, isReplay(again)]).toEqual([202, true])
  })

  it('an object that does not answer in time is not waited for', async () => {
    const release = await holdLine('slow')
    const request = { appId: app.id, send: parsed('slow', true), idempotencyKey: 'slow', bodyHash: 'h', sentBy: null }
    expect(await createNotification(env, { ...request, now: Date.now() }, 50)).toEqual({ kind: 'unknown' })
    await release()
    const again = await createNotification(env, { ...request, now: Date.now() })
    expect(again).toMatchObject({ kind: 'replayed' })
  })
})

describe('what a request is told', () => {
  const accepted = { kind: 'created', id: 'ntf_1', status: 'queued' } as const

  it.each([
    [accepted, 'key', null],
    [{ ...accepted, kind: 'replayed' }, 'key', null],
    [{ kind: 'conflict' }, 'key', 'idempotency_mismatch'],
    [{ kind: 'line_full' }, 'key', 'overloaded'],
    [{ kind: 'unknown' }, 'key', 'idempotency_in_flight'],
    [{ kind: 'unknown' }, null, 'overloaded'],
  ] as const)('%o with the key %s: %s', (answer, key, code) => {
    const told = () => requireAccepted(answer, key)
    if (code === null) expect(told()).toBe(answer)
    else expect(told).toThrow(expect.objectContaining({ code }))
  })
})

/** The id of a key's object, but for the time in it. */
async function idOf(key: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${app.id} ${key}`))
  return makeId('ntf', 0, new Uint8Array(digest))
}

/** Waits until a request with this key has reached its object. */
async function begunObject(key: string): Promise<DurableObjectStub> {
  const stub = objectOf(await idOf(key))
  const isKept = () =>
    runInDurableObject(stub, (_instance, { storage }) => storage.kv.get('notification') !== undefined)
  await expect.poll(isKept).toBe(true)
  return stub
}
