/** Receipts: counted once, by the device itself, for notifications of its own app. */
import { beforeAll, describe, expect, it } from 'vitest'
import { call, makeApp } from './calling.ts'
import { fcmDevice } from './device-samples.ts'

type App = Awaited<ReturnType<typeof makeApp>>
interface Device {
  readonly id: string
  readonly device_key: string
}

let app: App
let device: Device
let notificationId: string

async function register(from: App): Promise<Device> {
  return (await call('POST', '/v1/devices', { bearer: from.client, body: fcmDevice({ topics: ['news'] }) })).body
}

async function send(from: App): Promise<string> {
  const body = { to: { topic: 'news' }, title: 'Hello' }
  return (await call('POST', '/v1/notifications', { bearer: from.sender, body })).body.id
}

beforeAll(async () => {
  app = await makeApp()
  device = await register(app)
  notificationId = await send(app)
})

const AT = '2026-11-22T09:00:00Z'
const event = (name: string, notification_id = notificationId, at = AT) => ({ notification_id, event: name, at })
const report = (events: unknown, bearer = device.device_key) => {
  return call('POST', '/v1/receipts', { bearer, body: { events } })
}

async function counts(id = notificationId) {
  const { body } = await call('GET', `/v1/notifications/${id}`, { bearer: app.analyst })
  const { delivered, opened, clicked } = body.counts
  return { delivered, opened, clicked }
}

describe('receipts', () => {
  it('are counted beside the ledger', async () => {
    const { status, body } = await report([event('delivered'), event('opened')])
    expect([status, body]).toEqual([200, { recorded: 2, unknown: [] }])
    expect(await counts()).toEqual({ delivered: 1, opened: 1, clicked: 0 })
  })

  it('that are repeated count once', async () => {
    await report([event('clicked'), event('clicked')])
    expect((await report([event('clicked'), event('opened')])).body.recorded).toBe(2)
    expect(await counts()).toEqual({ delivered: 1, opened: 1, clicked: 1 })
  })

  it('of two devices count twice', async () => {
    const id = await send(app)
    const second = await register(app)
    await report([event('delivered', id)])
    await report([event('delivered', id)], second.device_key)
    expect((await counts(id)).delivered).toBe(2)
  })

  it('take dismissals, and instants from a clock that is ahead', async () => {
    expect((await report([event('dismissed', notificationId, '2099-01-01T00:00:00+02:00')])).body.recorded).toBe(1)
  })

  it('about unknown notifications and another app’s are told apart from those that were taken', async () => {
    const other = await makeApp('Chess')
    await register(other)
    const theirs = await send(other)
    const answer = await report([event('opened', theirs), event('opened'), event('opened', 'ntf_x')])
    expect([answer.status, answer.body]).toEqual([200, { recorded: 1, unknown: [theirs, 'ntf_x'] }])
    const { body } = await call('GET', `/v1/notifications/${theirs}`, { bearer: other.analyst })
    expect(body.counts.opened).toBe(0)
  })

  it.each([
    ['no list', undefined, '/events'],
    ['nothing', [], '/events'],
    ['101 events', Array(101).fill({}), '/events'],
    ['an unknown event', [{ notification_id: 'ntf_x', event: 'seen', at: AT }], '/events/0/event'],
    ['no notification', [{ event: 'opened', at: AT }], '/events/0/notification_id'],
    ['no instant', [{ notification_id: 'ntf_x', event: 'opened' }], '/events/0/at'],
    ['a number as instant', [{ notification_id: 'ntf_x', event: 'opened', at: 1 }], '/events/0/at'],
    ['an unknown field', [{ notification_id: 'ntf_x', event: 'opened', at: AT, url: 'x' }], '/events/0/url'],
  ])('are refused with %s', async (_what, events, param) => {
    const answer = await report(events)
    expect([answer.status, answer.body.code]).toEqual([400, 'validation_failed'])
    expect(answer.body.param.startsWith(param)).toBe(true)
  })

  it('come from devices only', async () => {
    for (const bearer of [app.client, app.sender, app.admin]) {
      expect((await report([event('opened')], bearer)).status).toBe(403)
    }
    expect((await call('POST', '/v1/receipts', { body: { events: [event('opened')] } })).status).toBe(401)
  })
})
