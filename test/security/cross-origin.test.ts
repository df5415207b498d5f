/** What pages of other origins may do and read: CORS, per app. What browsers make of it is in test/e2e. */
import { beforeAll, describe, expect, it } from 'vitest'
import { ACCESS, isClientCall, type OperationId } from '../../workers/api/access.ts'
import { call, makeApp, ROOT } from '../workers/calling.ts'
import { fcmDevice } from '../workers/device-samples.ts'

const SHOP = 'https://shop.example'
const EVIL = 'https://evil.example'

let open: Awaited<ReturnType<typeof makeApp>>
let strict: Awaited<ReturnType<typeof makeApp>>
let device: { id: string; device_key: string }

beforeAll(async () => {
  open = await makeApp()
  strict = await makeApp()
  device = (await call('POST', '/v1/devices', { bearer: strict.client, body: fcmDevice() })).body
  const body = { allowed_origins: [SHOP, 'http://127.0.0.1:8790'] }
  await call('PATCH', `/v1/apps/${strict.id}/settings`, { bearer: strict.admin, body })
})

function register(bearer: string, headers: Record<string, string>) {
  return call('POST', '/v1/devices', { bearer, headers, body: fcmDevice() })
}

const readableBy = ({ headers }: { headers: Headers }) => headers.get('Access-Control-Allow-Origin')

describe('a page', () => {
  it('of any origin may register with an app that names none', async () => {
    const answer = await register(open.client, { Origin: EVIL })
    expect([answer.status, readableBy(answer)]).toEqual([201, '*'])
  })

  it.each([SHOP, 'http://127.0.0.1:8790'])(
    'of %s may, where the app names it, and the answer is its alone',
    async (origin) => {
      const answer = await register(strict.client, { Origin: origin })
      expect([answer.status, readableBy(answer), answer.headers.get('Vary')]).toEqual([201, origin, 'Origin'])
      expect(answer.headers.get('Access-Control-Expose-Headers')).toContain('Retry-After')
      expect(answer.headers.get('Access-Control-Allow-Credentials')).toBeNull()
    },
  )

  it.each([
    EVIL,
    'null',
    'https://shop.example.evil.example',
    'https://evil-shop.example',
    'http://shop.example',
    'https://shop.example:8443',
    'https://SHOP.example',
    'https://shop.example/',
    'https://shop.example, https://evil.example',
    '*',
    '',
  ])('of "%s" is refused before anything is done, and may not read why', async (origin) => {
    const body = fcmDevice()
    const answer = await call('POST', '/v1/devices', { bearer: strict.client, headers: { Origin: origin }, body })
    expect([answer.status, answer.body.code]).toEqual([403, 'origin_not_allowed'])
    expect([readableBy(answer), answer.headers.get('Vary')]).toEqual([null, 'Origin'])
    const known = await call('POST', '/v1/devices', { bearer: strict.client, body })
    expect(known.status).toBe(201)
  })

  it('is refused by each call that a client makes, with each bearer', async () => {
    const headers = { Origin: EVIL }
    const calls: [string, string, object?][] = [
      ['GET', `/v1/devices/${device.id}`],
      ['PATCH', `/v1/devices/${device.id}`, { locale: 'fr' }],
      ['PUT', `/v1/topics/news/devices/${device.id}`],
      ['DELETE', `/v1/topics/news/devices/${device.id}`],
      ['DELETE', `/v1/devices/${device.id}`],
    ]
    for (const bearer of [device.device_key, strict.sender]) {
      for (const [method, path, body] of calls) {
        const answer = await call(method, path, { bearer, headers, body })
        expect([answer.body?.code, readableBy(answer)], `${method} ${path}`).toEqual(['origin_not_allowed', null])
      }
    }
    expect((await call('GET', `/v1/devices/${device.id}`, { bearer: device.device_key })).status).toBe(200)
  })

  it('reads a refusal that says nothing of any app', async () => {
    const answer = await register('pk_nobodys', { Origin: EVIL })
    expect([answer.status, readableBy(answer)]).toEqual([401, '*'])
  })

  it('reads what its call did wrong, where it may call', async () => {
    const headers = { Origin: SHOP }
    const answer = await call('POST', '/v1/devices', { bearer: strict.client, headers, body: { platform: 'pager' } })
    expect([answer.status, readableBy(answer)]).toEqual([400, SHOP])
  })

  it('of our own origin is none of another: it needs no permission', async () => {
    const answer = await register(strict.client, { Origin: 'https://fanfare.test' })
    expect([answer.status, readableBy(answer)]).toEqual([201, null])
  })
})

describe('what is no page', () => {
  it('names no origin, and is let in', async () => {
    const answer = await register(strict.client, {})
    expect([answer.status, readableBy(answer)]).toEqual([201, null])
  })
})

describe('calls that no client makes', () => {
  it('are answered to no page of another origin', async () => {
    const headers = { Origin: SHOP }
    for (const [method, path, bearer] of [
      ['GET', '/v1/topics', strict.admin],
      ['GET', `/v1/apps/${strict.id}/settings`, strict.admin],
      ['GET', `/v1/apps/${strict.id}`, ROOT],
      ['POST', '/v1/notifications', strict.sender],
      ['GET', '/docs', undefined],
    ] as const) {
      const answer = await call(method, path, { bearer, headers })
      const cors = [...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))
      expect(cors, `${method} ${path}`).toEqual([])
    }
  })
})

describe('a preflight', () => {
  function preflight(path: string, method: string) {
    return call('OPTIONS', path, { headers: { Origin: EVIL, 'Access-Control-Request-Method': method } })
  }

  it('tells what some app’s page could do, because it names no app', async () => {
    const answer = await preflight('/v1/devices/dev_1', 'PATCH')
    expect(answer.status).toBe(204)
    expect(readableBy(answer)).toBe('*')
    expect(answer.headers.get('Access-Control-Allow-Methods')).toBe('GET, PATCH, DELETE')
    expect(answer.headers.get('Access-Control-Allow-Headers')).toContain('Authorization')
    expect(answer.headers.get('Strict-Transport-Security')).not.toBeNull()
  })

  it('is answered for the calls of clients and of anybody, and for no other', async () => {
    const { body } = await call('GET', '/openapi.json')
    for (const [path, item] of Object.entries<Record<string, { operationId: OperationId }>>(body.paths)) {
      for (const [method, { operationId }] of Object.entries(item)) {
        const answer = await preflight(path.replaceAll(/\{\w+\}/g, 'x'), method.toUpperCase())
        expect([answer.status, readableBy(answer)], operationId).toEqual(
          isClientCall(operationId) ? [204, '*'] : [405, null],
        )
      }
    }
  })

  it('is answered for these calls today, among others that need no bearer', () => {
    const clientCalls = Object.keys(ACCESS).filter((id) => isClientCall(id))
    expect(clientCalls).toEqual(
      expect.arrayContaining(['registerDevice', 'subscribe', 'unsubscribe', 'reportReceipts']),
    )
    for (const id of ['sendNotification', 'createKey', 'changeSettings', 'createToken', 'importDevices']) {
      expect(clientCalls).not.toContain(id)
    }
  })
})
