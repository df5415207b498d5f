/** Attempts that were refused: a row a minute of each caller in the audit log, however many they are. */
import { runDurableObjectAlarm } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { countedIn, logObject, rowsOf } from './audit-logs.ts'
import { call, makeApp, ROOT } from './calling.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App

beforeEach(async () => {
  app = await makeApp()
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('refused attempts', () => {
  it('of a key that we know are one row a minute, however many they are', async () => {
    for (let i = 0; i < 20; i++) {
      const headers = { 'CF-Connecting-IP': i === 7 ? '203.0.113.9' : '192.0.2.7' }
      await call('POST', '/v1/notifications', { bearer: app.client, body: {}, headers })
    }
    await call('GET', '/v1/audit', { bearer: app.sender })
    const stub = logObject(app.id)
    await vi.waitFor(async () => expect(await countedIn(app.id)).toHaveLength(2), 8_000)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 60_000 })
    await runDurableObjectAlarm(stub)
    const rows = await rowsOf(app.admin, 'action=refusedAttempts')
    expect(rows.map(({ actor, after }) => [actor.role, after]).toSorted()).toEqual([
      [
        'client',
        {
          attempts: 20,
          calls: { sendNotification: 20 },
          codes: { forbidden: 20 },
          addresses: { '192.0.2.7': 19, '203.0.113.9': 1 },
        },
      ],
      ['sender', { attempts: 1, calls: { listAudit: 1 }, codes: { forbidden: 1 }, addresses: { unknown: 1 } }],
    ])
  })

  it('of a device are counted also where what it may do to itself is no act', async () => {
    const body = { platform: 'fcm', token: 'refused-device-token' }
    const device = (await call('POST', '/v1/devices', { bearer: app.client, body })).body
    const change = { bearer: device.device_key, body: { user_id: 'somebody-else' } }
    expect((await call('PATCH', `/v1/devices/${device.id}`, change)).status).toBe(403)
    await vi.waitFor(async () => expect(await countedIn(app.id)).toEqual(['device']), 8_000)
  })

  it('of a key that was revoked are counted too', async () => {
    const path = `/v1/apps/${app.id}/keys`
    const made = await call('POST', path, { bearer: ROOT, body: { role: 'sender', name: 'leaked' } })
    await call('DELETE', `${path}/${made.body.id}`, { bearer: ROOT })
    expect((await call('GET', '/v1/topics', { bearer: made.body.key })).status).toBe(401)
    await vi.waitFor(async () => expect(await countedIn(app.id)).toEqual([`key ${made.body.id}`]), 8_000)
  })
})
