/** Accepting ordered sends: how many lines one may enter, and what becomes of one that finds some of them full or silent. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { Notification } from '../../durable-objects/notification.ts'
import { idTail, makeId } from '../../push/ids.ts'
import type { NotificationLife } from '../../push/notification-life.ts'
import { slotLine } from '../../push/order-book.ts'
import { MOST_PLACES } from '../../push/order-line.ts'
import { slotOf } from '../../push/slot.ts'
import { muteConsole } from '../console/overheard.ts'
import { call, makeApp } from './calling.ts'
import { fcmDevice } from './device-samples.ts'

let app: Awaited<ReturnType<typeof makeApp>>

beforeAll(async () => {
  app = await makeApp()
})

const objectOf = (id: string) => env.NOTIFICATION.getByName(`${app.id}/${idTail(id)}`)
const lineNamed = (line: string) => env.ORDER.getByName(`${app.id}/${line}`)
const lineOf = (userId: string) => lineNamed(slotLine(slotOf({ userId, deviceId: '' })))
const statusOf = async (id: string) =>
  (await call('GET', `/v1/notifications/${id}`, { bearer: app.analyst })).body.status

function sendOrdered(to: object, more: object = {}, key = crypto.randomUUID()) {
  const headers = { 'Idempotency-Key': key }
  return call('POST', '/v1/notifications', { bearer: app.sender, body: { to, ordered: true, ...more }, headers })
}

async function fill(line: DurableObjectStub): Promise<void> {
  await runInDurableObject(line, (instance) => {
    const place = { sequence: 1, expiresAt: Date.now() + 3_600_000 }
    const places = Array.from({ length: MOST_PLACES }, (_, index) => ({ ...place, notificationId: `ntf_${index}` }))
    Object.assign(instance, { places, toldAt: Date.now() })
  })
}

describe('an ordered send', () => {
  const users = (count: number) => Array.from({ length: count }, (_, index) => `user-${index}`)

  it('to more users than it may enter the lines of is refused, with the limit', async () => {
    const { status, body } = await sendOrdered({ users: users(101) })
    expect([status, body.code, body.param]).toEqual([400, 'validation_failed', '/to/users'])
    expect(body.detail).toContain('100')
    const devices = users(101).map((_, index) => `dev_${`${index}`.padStart(29, '0')}`)
    expect((await sendOrdered({ devices })).body).toMatchObject({ code: 'validation_failed', param: '/to/devices' })
  })

  it('to as many as it may is accepted', async () => {
    expect((await sendOrdered({ users: users(100) })).status).toBe(202)
  })
})

describe('a line that is full', () => {
  it('costs nothing that was accepted before: a scheduled send waits for room, whoever repeats its request', async () => {
    const [topic, key] = ['full', crypto.randomUUID()]
    const sendAt = Date.now() + 60_000
    const more = { send_at: new Date(sendAt).toISOString() }
    const { body: accepted } = await sendOrdered({ topic }, more, key)
    await fill(lineNamed(`topic/${topic}`))
    vi.useFakeTimers({ toFake: ['Date'], now: sendAt + 1 })
    try {
      await runDurableObjectAlarm(objectOf(accepted.id))
      expect(await statusOf(accepted.id)).toBe('queued')
      const again = await sendOrdered({ topic }, more, key)
      expect([again.status, again.body.id]).toEqual([202, accepted.id])
      expect(await statusOf(accepted.id)).toBe('queued')
    } finally {
      vi.useRealTimers()
    }
  })

  it('costs nothing that has begun meanwhile where it was its turn', async () => {
    const { answer, kept } = await withLines((lines, storage) => {
      lines.enter = async () => {
        storage.kv.put('notification', { ...storage.kv.get<NotificationLife>('notification'), status: 'sending' })
        return false
      }
    })
    expect(answer).toMatchObject({ kind: 'created' })
    expect(kept).toBe('sending')
  })

  it('is no word about what a request with the same key was told before', async () => {
    const { answer, kept } = await withLines((lines) => {
      let asked = 0
      lines.enter = async () => {
        if (asked++ === 0) throw new Error('no answer')
        return false
      }
    }, 2)
    expect(answer).toEqual({ kind: 'unknown' })
    expect(kept).toBe('queued')
  })
})

describe('a line that does not answer', () => {
  it('keeps nobody else of the same send waiting', async () => {
    const [silent, fine] = [crypto.randomUUID(), crypto.randomUUID()]
    for (const user_id of [silent, fine]) {
      await call('POST', '/v1/devices', { bearer: app.sender, body: { ...fcmDevice(), user_id } })
    }
    const log = muteConsole('error')
    await runInDurableObject(lineOf(silent), (line) => void Object.assign(line, { places: 'broken' }))
    const key = crypto.randomUUID()
    expect((await sendOrdered({ users: [silent, fine] }, {}, key)).status).toBe(409)
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${app.id} ${key}`)))
    const stub = objectOf(makeId('ntf', 0, digest))
    await runDurableObjectAlarm(stub)
    const { counts } = await runInDurableObject(
      stub,
      async (instance) => await (instance as unknown as { view(): Promise<{ counts: object }> }).view(),
    )
    expect(counts).toMatchObject({ targeted: 2 })
    log.mockRestore()
  })
})

/** Accepts an ordered send in an object whose lines behave as told. */
async function withLines(
  change: (lines: { enter: () => Promise<boolean> }, storage: DurableObjectStorage) => void,
  times = 1,
) {
  const id = makeId('ntf', Date.now(), crypto.getRandomValues(new Uint8Array(20)))
  const message = { data: {}, priority: 'normal', ttlSeconds: 60, fcm: {}, apns: {}, webpush: {} } as const
  const audience = { kind: 'topic', topic: 'patched' } as const
  const send = { audience, message, guarantee: 'at_least_once', ordered: true, sendAt: null } as const
  const log = muteConsole('error')
  const seen = await runInDurableObject(objectOf(id), async (instance: Notification, { storage }) => {
    change((instance as unknown as { lines: { enter: () => Promise<boolean> } }).lines, storage)
    let answer: unknown = null
    for (let time = 0; time < times; time++) {
      answer = await instance.create({ id, appId: app.id, send, bodyHash: 'h', sentBy: null })
    }
    return { answer, kept: storage.kv.get<NotificationLife>('notification')?.status }
  })
  log.mockRestore()
  return seen
}
