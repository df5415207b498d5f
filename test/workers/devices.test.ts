/** Devices through the API: registering, changing, deleting, and who may. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, test } from 'vitest'
import { retireDevices } from '../../schema/d1/device-retirement.ts'
import { api } from '../../workers/api/app.ts'
import { call, makeApp } from './calling.ts'
import { apnsToken, fcmDevice, fcmToken, subscription } from './device-samples.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App
let other: App

beforeAll(async () => {
  app = await makeApp()
  other = await makeApp('Chess')
})

const register = (body: unknown, bearer = app.client) => call('POST', '/v1/devices', { bearer, body })
const patch = (id: string, body: unknown, bearer = app.sender) => call('PATCH', `/v1/devices/${id}`, { bearer, body })
const subscribers = async (topic: string) => {
  return (await call('GET', `/v1/topics/${topic}`, { bearer: app.analyst })).body.subscribers
}

async function userToken(userId: string): Promise<string> {
  const body = { scopes: ['devices:register'], ttl_seconds: 60, user_id: userId }
  return (await call('POST', '/v1/tokens', { bearer: app.sender, body })).body.token
}

describe('registering', () => {
  it.each([
    ['fcm', () => ({ platform: 'fcm', token: fcmToken() })],
    ['apns', () => ({ platform: 'apns', token: apnsToken() })],
    ['webpush', () => ({ platform: 'webpush', subscription: subscription() })],
    [
      'webpush, as the browser writes it',
      () => ({
        platform: 'webpush',
        subscription: { ...subscription(), expirationTime: null },
      }),
    ],
  ])('makes a device of platform %s', async (_platform, body) => {
    const { status, headers, body: device } = await register(body())
    expect(status).toBe(201)
    expect(device).toMatchObject({
      id: expect.stringMatching(/^dev_/),
      device_key: expect.stringMatching(/^dk_/),
      platform: body().platform,
      user_id: null,
      retired_at: null,
    })
    expect(headers.get('Location')).toBe(`/v1/devices/${device.id}`)
    expect(JSON.stringify(device)).not.toContain('sample')
  })

  it('keeps what the device says about itself, locale and time zone in their canonical form', async () => {
    const facts = { timezone: 'Europe/Paris', app_version: '4.2.0', attributes: { plan: 'pro', age: 7, beta: true } }
    const { body } = await register(fcmDevice({ ...facts, locale: 'fr_FR' }))
    expect(body).toMatchObject({ ...facts, locale: 'fr-FR' })
  })

  it('answers the same device and device key for the same address, and keeps what is left out', async () => {
    const device = fcmDevice({ locale: 'de', attributes: { plan: 'pro' } })
    const first = await register(device)
    const again = await register({ platform: 'fcm', token: device.token, app_version: '5' })
    expect(again.status).toBe(200)
    expect(again.body).toMatchObject({
      id: first.body.id,
      device_key: first.body.device_key,
      locale: 'de',
      attributes: { plan: 'pro' },
      app_version: '5',
    })
  })

  it('takes an APNs device token in either case, and a subscription with or without padding, as one device', async () => {
    const token = `${apnsToken().slice(0, -2)}ab`
    const lower = await register({ platform: 'apns', token })
    const upper = await register({ platform: 'apns', token: token.toUpperCase() })
    expect([upper.status, upper.body.id]).toEqual([200, lower.body.id])

    const bare = subscription()
    const padded = { ...bare, keys: { p256dh: `${bare.keys.p256dh}=`, auth: `${bare.keys.auth}==` } }
    const first = await register({ platform: 'webpush', subscription: bare })
    const second = await register({ platform: 'webpush', subscription: padded })
    expect([second.status, second.body.id]).toEqual([200, first.body.id])
  })

  it('makes the same address in two apps two devices', async () => {
    const device = fcmDevice()
    const [mine, theirs] = [await register(device), await register(device, other.client)]
    expect([mine.status, theirs.status]).toEqual([201, 201])
    expect(theirs.body.id).not.toBe(mine.body.id)
  })

  it('subscribes to the topics it names, and keeps those of before', async () => {
    const device = fcmDevice({ topics: ['reg-a', 'reg-b', 'reg-a'] })
    await register(device)
    await register({ ...device, topics: ['reg-c'] })
    expect(await Promise.all(['reg-a', 'reg-b', 'reg-c'].map(subscribers))).toEqual([1, 1, 1])
  })

  it('at ten places at once makes one device, in all the topics that were named', async () => {
    const device = fcmDevice()
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => register({ ...device, topics: [`race-${n}`] })),
    )
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(await Promise.all(answers.map((_, n) => subscribers(`race-${n}`)))).toEqual(Array(10).fill(1))
  })

  it.each([
    ['for a client the place it calls from', 'client', 'Asia/Tokyo'],
    ['for a backend unknown: it is not where the device is', 'sender', null],
  ] as const)('without a time zone has, %s', async (_what, role, timezone) => {
    const request = new Request('https://fanfare.test/v1/devices', {
      method: 'POST',
      headers: { Authorization: `Bearer ${app[role]}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(fcmDevice()),
      cf: { timezone: 'Asia/Tokyo' } as RequestInitCfProperties,
    })
    expect(await (await api.fetch(request, env)).json()).toMatchObject({ timezone })
  })

  it('revives a retired device, with its topics', async () => {
    const device = fcmDevice({ topics: ['revived'] })
    const { body } = await register(device)
    const dead = { deviceId: body.id, address: device.token as string, asOfAt: Date.now() + 1 }
    await retireDevices(env.DB, app.id, [{ ...dead, reason: 'UNREGISTERED' }], null)
    const retired = await call('GET', `/v1/devices/${body.id}`, { bearer: app.sender })
    expect(retired.body.retired_reason).toBe('UNREGISTERED')
    const again = await register(device)
    expect([again.status, again.body.id, again.body.retired_at]).toEqual([200, body.id, null])
    expect(await subscribers('revived')).toBe(1)
  })
})

describe('users', () => {
  it('moves the device to the user of the token, named or not, once in each topic', async () => {
    const device = fcmDevice({ topics: ['moving'] })
    const { body } = await register(device)
    const asAda = await register(device, await userToken('ada'))
    expect([asAda.status, asAda.body.id, asAda.body.user_id]).toEqual([200, body.id, 'ada'])
    const asBob = await register({ ...device, user_id: 'bob' }, await userToken('bob'))
    expect([asBob.body.id, asBob.body.user_id]).toEqual([body.id, 'bob'])
    expect(await subscribers('moving')).toBe(1)
  })

  it('leave what was said about them behind', async () => {
    const device = fcmDevice({ attributes: { plan: 'pro' } })
    const asAda = await register({ ...device, user_id: 'ada' }, app.sender)
    expect(asAda.body.attributes).toEqual({ plan: 'pro' })
    const asBob = await register({ platform: 'fcm', token: device.token }, await userToken('bob'))
    expect([asBob.body.id, asBob.body.user_id, asBob.body.attributes]).toEqual([asAda.body.id, 'bob', {}])
  })

  it('stay when a client registers without naming one', async () => {
    const device = fcmDevice()
    await register({ ...device, user_id: 'ada' }, app.sender)
    expect((await register(device)).body.user_id).toBe('ada')
  })

  it.each([
    ['a client key', async () => app.client],
    ['a token of another user', () => userToken('eve')],
    [
      'a token of nobody',
      async () => {
        const body = { scopes: ['devices:register'], ttl_seconds: 60 }
        return (await call('POST', '/v1/tokens', { bearer: app.sender, body })).body.token
      },
    ],
  ])('are not for %s to name', async (_who, bearer) => {
    const answer = await register(fcmDevice({ user_id: 'ada' }), await bearer())
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([403, 'user_mismatch', '/user_id'])
  })

  it.each(['sender', 'admin'] as const)('may be named by a key of role %s', async (role) => {
    const answer = await register(fcmDevice({ user_id: 'ada' }), app[role])
    expect([answer.status, answer.body.user_id]).toEqual([201, 'ada'])
  })
})

describe('a registration that is wrong names the field', () => {
  const good = subscription()
  const webpush = (wrong: object) => ({ platform: 'webpush', subscription: { ...good, ...wrong } })
  const keys = (wrong: object) => webpush({ keys: { ...good.keys, ...wrong } })

  test.each([
    ['no platform', { token: 'x'.repeat(20) }, 'validation_failed', '/platform'],
    ['an unknown platform', { platform: 'sms', token: 'x'.repeat(20) }, 'validation_failed', '/platform'],
    ['no device token', { platform: 'fcm' }, 'validation_failed', '/token'],
    ['a short FCM token', { platform: 'fcm', token: 'short' }, 'invalid_device_token', '/token'],
    ['an FCM token with a space', { platform: 'fcm', token: `${'x'.repeat(20)} ` }, 'invalid_device_token', '/token'],
    ['an APNs token of odd length', { platform: 'apns', token: 'a'.repeat(65) }, 'invalid_device_token', '/token'],
    ['an APNs token that is no hex', { platform: 'apns', token: 'g'.repeat(64) }, 'invalid_device_token', '/token'],
    ['a number as device token', { platform: 'fcm', token: 42 }, 'validation_failed', '/token'],
    ['no subscription', { platform: 'webpush' }, 'validation_failed', '/subscription'],
    ['a device token for webpush', { platform: 'webpush', token: 'x' }, 'validation_failed', '/token'],
    ['a subscription for fcm', { ...fcmDevice(), subscription: good }, 'validation_failed', '/subscription'],
    ['a subscription without keys', webpush({ keys: undefined }), 'validation_failed', '/subscription/keys'],
    ['no auth secret', keys({ auth: undefined }), 'validation_failed', '/subscription/keys/auth'],
    ['a short auth secret', keys({ auth: 'AAAA' }), 'invalid_subscription', '/subscription/keys/auth'],
    [
      'a point off the curve',
      keys({ p256dh: good.keys.p256dh.replace('CVx', 'CVy') }),
      'invalid_subscription',
      '/subscription/keys/p256dh',
    ],
    ['http', webpush({ endpoint: 'http://web.push.apple.com/x' }), 'endpoint_not_allowed', '/subscription/endpoint'],
    ['a stranger', webpush({ endpoint: 'https://example.com/x' }), 'endpoint_not_allowed', '/subscription/endpoint'],
    ['loopback', webpush({ endpoint: 'https://127.0.0.1/x' }), 'endpoint_not_allowed', '/subscription/endpoint'],
    ['metadata', webpush({ endpoint: 'https://0xa9fea9fe/x' }), 'endpoint_not_allowed', '/subscription/endpoint'],
    ['an unknown field', { ...fcmDevice(), colour: 'red' }, 'validation_failed', '/colour'],
    ['an unknown key', keys({ extra: 'x' }), 'validation_failed', '/subscription/keys/extra'],
    ['an empty user', { ...fcmDevice(), user_id: '' }, 'validation_failed', '/user_id'],
    ['no locale of this world', { ...fcmDevice(), locale: '??' }, 'validation_failed', '/locale'],
    ['no time zone of this world', { ...fcmDevice(), timezone: 'Mars/Olympus' }, 'validation_failed', '/timezone'],
    ['an attribute that is a list', { ...fcmDevice(), attributes: { a: [1] } }, 'validation_failed', '/attributes/a'],
    ['a topic with a space', { ...fcmDevice(), topics: ['ok', 'not ok'] }, 'invalid_topic', '/topics/1'],
    ['too many topics', { ...fcmDevice(), topics: Array(101).fill('a') }, 'validation_failed', '/topics'],
    ['a list', [], 'validation_failed', ''],
    ['half a JSON', '{"platform":', 'bad_json', undefined],
  ])('%s', async (_what, body, code, param) => {
    const answer = await register(body)
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([400, code, param])
  })

  test('nothing is stored of it', async () => {
    const device = fcmDevice()
    await register({ ...device, topics: ['never-made', 'not ok'] })
    expect((await call('GET', '/v1/topics/never-made', { bearer: app.analyst })).status).toBe(404)
    expect((await register(device)).status).toBe(201)
  })

  test('a body over 1 MiB is refused', async () => {
    const answer = await register(fcmDevice({ attributes: { a: 'x'.repeat(1024 * 1024) } }))
    expect([answer.status, answer.body.code]).toEqual([413, 'body_too_large'])
  })

  test('a host that the operator allowed is taken, and only that port of it', async () => {
    const allowing = { WEBPUSH_ALLOWED_HOSTS: '127.0.0.1:9090' }
    const at = (endpoint: string) => {
      return call('POST', '/v1/devices', { bearer: app.client, body: webpush({ endpoint }), env: allowing })
    }
    expect((await at('http://127.0.0.1:9090/push/1')).status).toBe(201)
    expect((await at('http://127.0.0.1:9091/push/1')).status).toBe(400)
  })
})

describe('changing', () => {
  it('rotates the address, and the old one is free', async () => {
    const device = fcmDevice({ topics: ['rotating'] })
    const { body } = await register(device)
    const token = fcmToken()
    const changed = await patch(body.id, { token }, body.device_key)
    expect([changed.status, changed.body.id]).toEqual([200, body.id])
    expect((await register({ platform: 'fcm', token })).body.id).toBe(body.id)
    expect((await register({ platform: 'fcm', token: device.token })).status).toBe(201)
    expect(await subscribers('rotating')).toBe(1)
  })

  it('changes facts; what is left out stays and null takes away', async () => {
    const { body } = await register(fcmDevice({ locale: 'fr', timezone: 'UTC', attributes: { a: 1 } }))
    const changed = await patch(body.id, { locale: null, app_version: '2', attributes: { b: 2 } })
    expect(changed.body).toMatchObject({ locale: null, timezone: 'UTC', app_version: '2', attributes: { b: 2 } })
    expect(changed.body.device_key).toBeUndefined()
  })

  it('lets a device leave its user and stay with it, but not choose another', async () => {
    const { body } = await register(fcmDevice({ user_id: 'ada', topics: ['leaving-user'] }), app.sender)
    expect((await patch(body.id, { user_id: 'ada' }, body.device_key)).status).toBe(200)
    const foreign = await patch(body.id, { user_id: 'bob' }, body.device_key)
    expect([foreign.status, foreign.body.code]).toEqual([403, 'user_mismatch'])
    expect((await patch(body.id, { user_id: null }, body.device_key)).body.user_id).toBeNull()
    expect(await subscribers('leaving-user')).toBe(1)
  })

  it('refuses the address of another device, and leaves this one in its topics', async () => {
    const taken = fcmDevice()
    await register(taken)
    const { body } = await register(fcmDevice({ topics: ['refused-move'] }))
    const answer = await patch(body.id, { token: taken.token, user_id: 'ada' })
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([409, 'address_in_use', '/token'])
    expect(await subscribers('refused-move')).toBe(1)
  })

  it.each([
    ['a subscription for fcm', { subscription: subscription() }, 'validation_failed', '/subscription'],
    ['a malformed device token', { token: 'x' }, 'invalid_device_token', '/token'],
    ['another platform', { platform: 'apns' }, 'validation_failed', '/platform'],
    ['no locale of this world', { locale: '??' }, 'validation_failed', '/locale'],
  ])('refuses %s', async (_what, body, code, param) => {
    const { body: device } = await register(fcmDevice())
    const answer = await patch(device.id, body)
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([400, code, param])
  })
})

describe('deleting', () => {
  it('takes the device out of its topics, and ends its key', async () => {
    const { body } = await register(fcmDevice({ topics: ['deleting'] }))
    const answer = await call('DELETE', `/v1/devices/${body.id}`, { bearer: body.device_key })
    expect([answer.status, answer.text]).toEqual([204, ''])
    expect(await subscribers('deleting')).toBe(0)
    expect((await call('GET', `/v1/devices/${body.id}`, { bearer: body.device_key })).status).toBe(401)
    expect((await call('DELETE', `/v1/devices/${body.id}`, { bearer: app.sender })).status).toBe(404)
  })
})

describe('who may', () => {
  it.each(['GET', 'PATCH', 'DELETE'])('%s an unknown, a malformed or another app’s device: 404', async (method) => {
    const theirs = await register(fcmDevice(), other.client)
    const body = method === 'PATCH' ? {} : undefined
    for (const id of [theirs.body.id, `dev_${'0'.repeat(29)}`, 'dev_x', 'x']) {
      const answer = await call(method, `/v1/devices/${id}`, { bearer: app.admin, body })
      expect([answer.status, answer.body.code, answer.body.param]).toEqual([404, 'not_found', 'id'])
    }
    expect((await call('GET', `/v1/devices/${theirs.body.id}`, { bearer: other.sender })).status).toBe(200)
  })

  it('a device key opens its own device only, and says nothing about others', async () => {
    const [mine, yours] = [await register(fcmDevice()), await register(fcmDevice())]
    const path = `/v1/devices/${yours.body.id}`
    expect((await call('GET', path, { bearer: mine.body.device_key })).status).toBe(404)
    expect((await call('DELETE', path, { bearer: mine.body.device_key })).status).toBe(404)
    expect((await call('GET', path, { bearer: yours.body.device_key })).status).toBe(200)
  })

  it.each([
    ['no bearer', undefined, 401],
    ['a made-up device key', `dk_${'0'.repeat(29)}_${'0'.repeat(29)}_${'A'.repeat(43)}`, 401],
  ])('with %s nothing is answered', async (_what, bearer, status) => {
    const { body } = await register(fcmDevice())
    for (const method of ['GET', 'DELETE']) {
      expect((await call(method, `/v1/devices/${body.id}`, { bearer })).status).toBe(status)
    }
  })

  it('a client key registers and does nothing else', async () => {
    const { body } = await register(fcmDevice())
    expect((await call('GET', `/v1/devices/${body.id}`, { bearer: app.client })).status).toBe(403)
    expect((await register(fcmDevice(), app.analyst)).status).toBe(403)
    expect((await register(fcmDevice(), body.device_key)).status).toBe(403)
  })

  it('needs CREDENTIALS_KEY to make device keys, says so, and stores nothing', async () => {
    const device = fcmDevice()
    const without = { bearer: app.client, body: device, env: { CREDENTIALS_KEY: undefined } }
    const answer = await call('POST', '/v1/devices', without)
    expect([answer.status, answer.body.code]).toEqual([503, 'credentials_key_missing'])
    expect((await register(device)).status).toBe(201)
  })
})
