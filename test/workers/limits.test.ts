/** How fast a caller may call: exact for keys and apps, roughly for devices, and what the answers say of it. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { meterOf } from '../../durable-objects/stubs.ts'
import { call, makeApp, ROOT } from './calling.ts'
import { fcmDevice } from './device-samples.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App

beforeEach(async () => {
  app = await makeApp()
})

function limitApp(limits: object) {
  return call('PUT', `/v1/apps/${app.id}/quotas`, { bearer: ROOT, body: limits })
}

/** More than fit in two windows of `limit`: one of them is refused, though a window ends among them. */
async function exhaust(limit: number, one: () => ReturnType<typeof call>) {
  const answers = []
  for (let i = 0; i <= 2 * limit; i++) answers.push(await one())
  return answers
}

/** What an answer says of a limit. */
function rateOf(headers: Headers) {
  const [limit, remaining] = [headers.get('RateLimit-Limit'), headers.get('RateLimit-Remaining')]
  const [reset, policy] = [headers.get('RateLimit-Reset'), headers.get('RateLimit-Policy')]
  return { limit, remaining, reset, policy, retry: headers.get('Retry-After') }
}

const read = (bearer: string, more: Partial<Env> = {}) => call('GET', '/v1/topics', { bearer, env: more })

describe('an answer', () => {
  it('says the limit of its key, what is left and when it begins anew', async () => {
    const { headers } = await read(app.admin, { KEY_REQUESTS_PER_10_SECONDS: '50' })
    expect(headers.get('RateLimit-Limit')).toBe('50')
    expect(headers.get('RateLimit-Policy')).toBe('50;w=10')
    expect(Number(headers.get('RateLimit-Remaining'))).toBe(49)
    expect(Number(headers.get('RateLimit-Reset'))).toBeGreaterThan(0)
    expect(Number(headers.get('RateLimit-Reset'))).toBeLessThanOrEqual(10)
  })

  it('says it of a refusal too, whatever the refusal is about', async () => {
    const { status, headers } = await call('POST', '/v1/notifications', { bearer: app.admin, body: {} })
    expect([status, headers.get('RateLimit-Limit')]).toEqual([400, '100000'])
  })

  it('to the operator, or without a limit, says nothing of any', async () => {
    const unlimited = { KEY_REQUESTS_PER_10_SECONDS: '', APP_REQUESTS_PER_10_SECONDS: '0' }
    expect((await read(app.admin, unlimited)).headers.get('RateLimit-Limit')).toBeNull()
    const asRoot = await call('GET', `/v1/apps/${app.id}`, { bearer: ROOT })
    expect(asRoot.headers.get('RateLimit-Limit')).toBeNull()
  })
})

describe('a key', () => {
  it('that calls too fast is refused, with the time to wait, and others of the app are not', async () => {
    await limitApp({ key_requests_per_10_seconds: 5 })
    const answers = await exhaust(5, () => read(app.admin))
    const refused = answers.find(({ status }) => status !== 200)!
    expect([refused.status, refused.body.code, refused.body.retry]).toEqual([429, 'rate_limited', 'backoff'])
    expect(refused.headers.get('RateLimit-Remaining')).toBe('0')
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0)
    expect(refused.headers.get('Content-Type')).toBe('application/problem+json')
    expect((await read(app.sender)).status).toBe(200)
  })

  it('is held to its limit before it is asked what it may do', async () => {
    await limitApp({ key_requests_per_10_seconds: 2 })
    const forbidden = () => call('POST', '/v1/tokens', { bearer: app.analyst, body: {} })
    const statuses = (await exhaust(2, forbidden)).map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([403, 429]))
  })
})

describe('an app', () => {
  it('that calls too fast with all its keys is refused with each of them', async () => {
    await limitApp({ requests_per_10_seconds: 4 })
    let turn = 0
    const answers = await exhaust(4, () => read([app.admin, app.sender, app.analyst][turn++ % 3]!))
    const refused = answers.find(({ status }) => status === 429)!
    expect(refused.body.detail).toMatch(/^This app may make 4 requests in 10 seconds/)
  })

  it('is not held up by another one', async () => {
    await limitApp({ requests_per_10_seconds: 1 })
    await exhaust(1, () => read(app.admin))
    expect((await read((await makeApp('Other')).admin)).status).toBe(200)
  })
})

describe('registrations', () => {
  const register = (bearer: string, options: { env?: Partial<Env>; headers?: Record<string, string> } = {}) =>
    call('POST', '/v1/devices', { bearer, body: fcmDevice(), ...options })

  it('by clients are limited for the app, and the backend’s are not', async () => {
    await limitApp({ registrations_per_10_seconds: 3 })
    const statuses = (await exhaust(3, () => register(app.client))).map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([201, 429]))
    expect((await register(app.sender)).status).toBe(201)
  })

  it('and whatever else a public key calls, take nothing from the app and its backend', async () => {
    const body = { scopes: ['devices:register'], ttl_seconds: 600 }
    const { body: minted } = await call('POST', '/v1/tokens', { bearer: app.admin, body })
    await limitApp({ requests_per_10_seconds: 40, registrations_per_10_seconds: 60 })
    const flood = async () => {
      const answers = await exhaust(30, () => read(app.client))
      return [...answers, ...(await exhaust(30, () => register(minted.token)))].map(({ status }) => status)
    }
    expect(await flood()).toContain(429)
    expect((await read(app.sender)).status).toBe(200)
  })

  it('by clients of one address are limited by the platform, those of loopback are not', async () => {
    const small = { CALLS_BY_ADDRESS: env.SMALL_RATE_LIMIT }
    const at = (address: string) => register(app.client, { env: small, headers: { 'CF-Connecting-IP': address } })
    const statuses = (await exhaust(3, () => at('198.51.100.1'))).map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([201, 429]))
    const { headers } = await at('198.51.100.1')
    expect(rateOf(headers)).toEqual({ limit: '1000', remaining: '0', reset: '60', policy: '1000;w=60', retry: '60' })
    expect((await at('198.51.100.2')).status).toBe(201)
    for (let i = 0; i < 5; i++) expect((await at('127.0.0.1')).status).toBe(201)
  })

  it('are not all that is limited of one address: every call with a public key is', async () => {
    const small = { CALLS_BY_ADDRESS: env.SMALL_RATE_LIMIT }
    const headers = { 'CF-Connecting-IP': '198.51.100.3' }
    const read = () => call('GET', '/v1/topics', { bearer: app.client, env: small, headers })
    const statuses = (await exhaust(3, read)).map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([403, 429]))
  })
})

describe('a call that needs no key', () => {
  const nobody = '0'.repeat(29)
  it.each([
    ['public keys', `/v1/apps/app_${nobody}/jwks.json`],
    ['a link of a push', `/v1/unsubscribe?link=${nobody}.${nobody}.${nobody}.1796115600.${'A'.repeat(22)}.news`],
    ['health', '/healthz'],
  ])('is limited by address: %s', async (what, path) => {
    const headers = { 'CF-Connecting-IP': `198.51.100.${10 + what.length}` }
    const ask = (more: object = headers) =>
      call('GET', path, { headers: { ...more }, env: { CALLS_BY_ADDRESS: env.SMALL_RATE_LIMIT } })
    const statuses = (await exhaust(3, ask)).map(({ status }) => status)
    expect(statuses).toContain(429)
    expect((await ask({ 'CF-Connecting-IP': '127.0.0.1' })).status).not.toBe(429)
    const register = { bearer: app.client, body: fcmDevice(), headers, env: { CALLS_BY_ADDRESS: env.SMALL_RATE_LIMIT } }
    expect((await call('POST', '/v1/devices', register)).status).toBe(201)
  })
})

describe('a device', () => {
  it('that calls without end is refused, and others are not', async () => {
    const keyOf = async () => (await call('POST', '/v1/devices', { bearer: app.client, body: fcmDevice() })).body
    const [one, other] = [await keyOf(), await keyOf()]
    const ask = ({ id, device_key: bearer }: { id: string; device_key: string }) =>
      call('GET', `/v1/devices/${id}`, { bearer, env: { CALLS_BY_DEVICE: env.SMALL_RATE_LIMIT } })
    const statuses: number[] = []
    for (let i = 0; i < 60; i++) statuses.push((await ask(one)).status)
    expect(new Set(statuses)).toEqual(new Set([200, 429]))
    const { headers } = await ask(one)
    expect(rateOf(headers)).toEqual({ limit: '1000', remaining: '0', reset: '10', policy: '1000;w=10', retry: '10' })
    expect((await ask(other)).status).toBe(200)
  })
})

describe('the Meter', () => {
  const ask = { subject: 'key', subjectLimit: 1_000, appLimit: null, wanted: 100 }

  it('counts exactly, however many ask at once', async () => {
    const names = Array.from({ length: 40 }, () => meterOf(env, app.id).take(ask))
    const grants = await Promise.all(names)
    const windows = new Set(grants.map(({ resetMs }) => resetMs > 0))
    const granted = grants.reduce((all, grant) => all + grant.granted, 0)
    expect([...windows]).toEqual([true])
    // Twice as much only if a window ended among the questions.
    expect(granted === 1_000 || granted <= 2_000).toBe(true)
    expect(grants.at(-1)!.granted).toBeLessThan(100)
  })

  it('that cannot be reached limits nobody', async () => {
    const gone = { getByName: () => ({ take: () => Promise.reject(new Error('no such object')) }) }
    for (let i = 0; i < 3; i++) expect((await read(app.admin, { METER: gone as never })).status).toBe(200)
  })

  it('is not asked by a part of the world that asks it too often', async () => {
    const small = { METER_QUESTIONS: env.SMALL_RATE_LIMIT }
    // Another key each time, so that none has a block.
    const keyOf = async () =>
      (await call('POST', `/v1/apps/${app.id}/keys`, { bearer: ROOT, body: { role: 'analyst' } })).body
    const statuses: number[] = []
    for (let i = 0; i < 8; i++) statuses.push((await read((await keyOf()).key, small)).status)
    expect(new Set(statuses)).toEqual(new Set([200, 429]))
  })
})
