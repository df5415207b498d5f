/** Keys of devices: made, rotated, revoked, ended; and those from before apps had secrets. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { hasChecksum } from '../../push/key-text.ts'
import { replaceAppSecret } from '../../schema/d1/app-secrets.ts'
import { forgetSecrets, newSecret } from '../../workers/app-secrets.ts'
import { call, makeApp } from './calling.ts'
import { fcmDevice } from './device-samples.ts'
import { firstDeviceKey } from './first-device-key.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App

beforeAll(async () => {
  app = await makeApp()
})

async function register(device: object = fcmDevice(), bearer = app.client) {
  const { body } = await call('POST', '/v1/devices', { bearer, body: device })
  return { id: body.id as string, key: body.device_key as string, device }
}

const read = (id: string, bearer: string) => call('GET', `/v1/devices/${id}`, { bearer })
const rotate = (id: string, bearer: string, body?: object) => call('POST', `/v1/devices/${id}/key`, { bearer, body })
const revoke = (id: string, bearer: string) => call('DELETE', `/v1/devices/${id}/key`, { bearer })
const report = (bearer: string) => {
  const event = { notification_id: `ntf_${'0'.repeat(29)}`, event: 'opened', at: '2026-11-23T08:00:00Z' }
  return call('POST', '/v1/receipts', { bearer, body: { events: [event] } })
}

describe('a device key', () => {
  it('has a prefix and a checksum, and is the same at each registration', async () => {
    const { key, device } = await register()
    expect(key).toMatch(/^dk_/)
    expect(hasChecksum(key)).toBe(true)
    expect((await register(device)).key).toBe(key)
  })

  it('that is mistyped is refused without a look at any database', async () => {
    const { id, key } = await register()
    const nowhere = new Proxy({} as D1Database, {
      get: () => {
        throw new Error('D1 was asked')
      },
    })
    const wrong = key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a')
    const answer = await call('GET', `/v1/devices/${id}`, { bearer: wrong, env: { DB: nowhere } })
    expect([answer.status, answer.body.detail]).toEqual([401, expect.stringContaining('checksum')])
  })
})

describe('rotating a device key', () => {
  it('answers another one, which is what registering answers from then on; the old one ends', async () => {
    const { id, key, device } = await register()
    const rotated = await rotate(id, key)
    expect(rotated.body).toEqual({ device_key: expect.stringMatching(/^dk_/), previous_valid_until: null })
    expect([(await read(id, key)).status, (await report(key)).status]).toEqual([401, 401])
    expect((await read(id, rotated.body.device_key)).status).toBe(200)
    expect((await report(rotated.body.device_key)).status).toBe(200)
    expect((await register(device)).key).toBe(rotated.body.device_key)
  })

  it('with an overlap leaves the old one good, but not to rotate again', async () => {
    const { id, key } = await register()
    const before = Date.now()
    const { body } = await rotate(id, key, { overlap_seconds: 60 })
    expect(Date.parse(body.previous_valid_until)).toBeGreaterThanOrEqual(before + 60_000)
    expect([(await read(id, key)).status, (await read(id, body.device_key)).status]).toEqual([200, 200])
    const again = await rotate(id, key)
    expect([again.status, again.body.code]).toEqual([409, 'key_not_current'])
  })

  it('twice ends the first one, whatever its overlap was', async () => {
    const { id, key } = await register()
    const second = (await rotate(id, key, { overlap_seconds: 600 })).body.device_key
    const third = (await rotate(id, second, { overlap_seconds: 600 })).body.device_key
    const statuses = await Promise.all([key, second, third].map(async (bearer) => (await read(id, bearer)).status))
    expect(statuses).toEqual([401, 200, 200])
  })

  it.each([
    ['an overlap of more than a day', { overlap_seconds: 86_401 }, '/overlap_seconds'],
    ['an overlap that is no whole number', { overlap_seconds: 0.5 }, '/overlap_seconds'],
    ['an unknown field', { overlap: 1 }, '/overlap'],
  ])('refuses %s', async (_what, body, param) => {
    const { id, key } = await register()
    const answer = await rotate(id, key, body)
    expect([answer.status, answer.body.param]).toEqual([400, param])
  })

  it('is for the device itself: whoever else got its key would keep it when his own is over', async () => {
    const [mine, yours] = [await register(), await register()]
    expect((await rotate(yours.id, mine.key)).status).toBe(404)
    for (const bearer of [app.client, app.sender, app.admin]) expect((await rotate(mine.id, bearer)).status).toBe(403)
    expect((await rotate(mine.id, mine.key)).status).toBe(200)
  })
})

describe('revoking a device key', () => {
  it('ends it at once; the device gets another one when it registers, and is the same device', async () => {
    const { id, key, device } = await register()
    expect((await read(id, key)).status).toBe(200)
    expect((await revoke(id, app.sender)).status).toBe(204)
    const refused = await report(key)
    expect([refused.status, refused.body.detail]).toEqual([401, expect.stringContaining('Register the device again')])
    const again = await register(device)
    expect([again.id, (await read(id, again.key)).status]).toEqual([id, 200])
    expect(again.key).not.toBe(key)
  })

  it('is not for the device, nor for another app', async () => {
    const { id, key } = await register()
    expect((await revoke(id, key)).status).toBe(403)
    expect((await revoke(id, (await makeApp()).sender)).status).toBe(404)
    expect((await read(id, key)).status).toBe(200)
  })
})

describe('deleting a device', () => {
  it.each(['its own key', 'a sender key'])('with %s ends its key, for receipts too', async (whose) => {
    const { id, key, device } = await register()
    expect((await report(key)).status).toBe(200)
    await call('DELETE', `/v1/devices/${id}`, { bearer: whose === 'its own key' ? key : app.sender })
    expect([(await report(key)).status, (await read(id, key)).status]).toEqual([401, 401])
    const again = await register(device)
    expect(again.id).not.toBe(id)
    expect([(await report(again.key)).status, (await report(key)).status]).toEqual([200, 401])
  })
})

describe('the secret behind device keys', () => {
  const secretOf = async (appId: string) => {
    return { appId, use: 'device_keys' as const, masterKeys: [env.CREDENTIALS_KEY!] as const, now: Date.now() }
  }

  it('of an app with devices but no secret is what their keys were derived from, so that they stay valid', async () => {
    const old = await makeApp()
    const { id, device } = await register(fcmDevice(), old.client)
    await env.DB.prepare('delete from app_secret where app_id = ?').bind(old.id).run()
    forgetSecrets(await secretOf(old.id))
    const key = await firstDeviceKey(env.CREDENTIALS_KEY!, old.id, id)
    expect((await read(id, key)).status).toBe(200)
    const now = await register(device, old.client)
    expect([now.id, (await read(id, now.key)).status, (await read(id, key)).status]).toEqual([id, 200, 200])
    await revoke(id, old.sender)
    expect([(await read(id, now.key)).status, (await read(id, key)).status]).toEqual([401, 401])
  })

  it('of an app without devices owes nothing to the master key', async () => {
    const fresh = await makeApp()
    const { id } = await register(fcmDevice(), fresh.client)
    const key = await firstDeviceKey(env.CREDENTIALS_KEY!, fresh.id, id)
    expect((await read(id, key)).status).toBe(401)
  })

  it('that was sealed with another CREDENTIALS_KEY is missed by name, and nothing is stored', async () => {
    const { key } = await register()
    forgetSecrets(await secretOf(app.id))
    const other = { CREDENTIALS_KEY: btoa('x'.repeat(32)) }
    const body = fcmDevice()
    const registration = await call('POST', '/v1/devices', { bearer: app.client, body, env: other })
    const receipt = await call('POST', '/v1/receipts', { bearer: key, body: { events: [] }, env: other })
    expect([registration.status, registration.body.code]).toEqual([503, 'credential_unreadable'])
    expect([receipt.status, receipt.body.code]).toEqual([503, 'credential_unreadable'])
    expect((await call('POST', '/v1/devices', { bearer: app.client, body })).status).toBe(201)
  })

  it('may be replaced: registering answers keys of the new one, the others are good until the overlap is over', async () => {
    const { id, key, device } = await register()
    const asked = await secretOf(app.id)
    await replaceAppSecret(env.DB, await newSecret(asked), asked.now + 60_000)
    forgetSecrets(asked)
    const renewed = await register(device)
    expect(renewed.key).not.toBe(key)
    expect([(await read(id, key)).status, (await read(id, renewed.key)).status]).toEqual([200, 200])
    await env.DB.prepare('update app_secret set expires_at = 1 where retired_at is not null').run()
    forgetSecrets(asked)
    expect([(await read(id, key)).status, (await read(id, renewed.key)).status]).toEqual([401, 200])
  })
})
