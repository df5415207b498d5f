import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startControl } from './control.ts'
import { deskRoutes } from './control-routes.ts'
import { type Desk, makeDesk } from './desk.ts'
import type { Listening } from './listen.ts'

let desk: Desk
let control: Listening

beforeAll(async () => {
  desk = makeDesk()
  const echo = {
    method: 'GET',
    path: '/echo/:name',
    handle: ({ params }: { params: Readonly<Record<string, string>> }) => ({ status: 200, body: params }),
  } as const
  control = await startControl([...deskRoutes(desk), echo], 0)
})

beforeEach(() => {
  desk.faults.clear()
  desk.inbox.clear()
  desk.latency.set(null, 0)
})

afterAll(() => control.close())

async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(`http://127.0.0.1:${control.port}${path}`, {
    method,
    body: typeof body === 'string' || body === undefined ? body : JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? null : JSON.parse(text) }
}

describe('the control API', () => {
  it('says that it is there', async () => {
    expect(await call('GET', '/healthz')).toEqual({ status: 200, body: { status: 'ok' } })
  })

  it('adds, lists and removes faults', async () => {
    const effect = { kind: 'status', status: 503, retry_after: 2 }
    const added = await call('POST', '/faults', { service: 'apns', prefix: 'a', every: 10, effect })
    expect(added.status).toBe(201)
    const listed = await call('GET', '/faults')
    expect(listed.body.data).toEqual([
      { id: added.body.id, service: 'apns', prefix: 'a', every: 10, effect, seen: 0, fired: 0 },
    ])
    expect((await call('DELETE', `/faults/${added.body.id}`)).status).toBe(204)
    expect((await call('DELETE', `/faults/${added.body.id}`)).status).toBe(404)
    await call('POST', '/faults', { service: 'fcm', effect: { kind: 'hang' } })
    expect((await call('DELETE', '/faults')).status).toBe(204)
    expect(desk.faults.list()).toEqual([])
  })

  it.each([
    { body: { service: 'sms', effect: { kind: 'hang' } }, says: '"service"' },
    { body: { service: 'fcm' }, says: '"effect" must be an object' },
    { body: { service: 'fcm', effect: { kind: 'explode' } }, says: 'no effect "explode"' },
    { body: { service: 'fcm', effect: { kind: 'status' } }, says: '"effect.status" is missing' },
    { body: { service: 'fcm', effect: { kind: 'latency' } }, says: '"effect.ms" is missing' },
    { body: { service: 'fcm', effect: { kind: 'reset' } }, says: '"before" or "after"' },
    { body: { service: 'fcm', effect: { kind: 'status', status: 500, headers: { a: 1 } } }, says: '"effect.headers"' },
    { body: { service: 'fcm', nth: 0, effect: { kind: 'hang' } }, says: '"nth"' },
    { body: { service: 'fcm', probability: 2, effect: { kind: 'hang' } }, says: '"probability"' },
    { body: { service: 'fcm', prefix: 7, effect: { kind: 'hang' } }, says: '"prefix"' },
    { body: '{', says: 'not JSON' },
    { body: '[]', says: 'JSON object' },
  ])('refuses $body', async ({ body, says }) => {
    const answer = await call('POST', '/faults', body)
    expect(answer.status).toBe(400)
    expect(answer.body.error).toContain(says)
    expect(desk.faults.list()).toEqual([])
  })

  it('shows what arrived at an address, however it is spelled in the path', async () => {
    const arrival = { at: 5, status: 200, accepted: true, message_id: 'n', payload: { a: 1 } }
    desk.inbox.record('fcm', '/topics/a b', arrival)
    const answer = await call('GET', `/inbox/fcm/${encodeURIComponent('/topics/a b')}`)
    expect(answer.body).toEqual({ data: [arrival] })
    expect((await call('GET', '/inbox/sms/x')).status).toBe(400)
    const { payload: _, ...brief } = arrival
    const listed = await call('GET', '/inbox/fcm')
    expect(listed.body).toEqual({ data: [{ address: '/topics/a b', arrivals: [brief] }] })
    expect((await call('GET', '/inbox/sms')).status).toBe(400)
    expect((await call('GET', '/inbox/fcm/%E0')).status).toBe(400)
    expect((await call('GET', '/counts')).body.fcm).toMatchObject({ accepted: 1 })
    expect((await call('DELETE', '/inbox')).status).toBe(204)
    expect((await call('GET', '/counts')).body.fcm).toMatchObject({ accepted: 0 })
  })

  it('sets the latency of one service or of all', async () => {
    await call('PUT', '/latency', { ms: 5 })
    const answer = await call('PUT', '/latency', { service: 'apns', ms: 30 })
    expect(answer.body).toEqual({ fcm: 5, oauth: 5, apns: 30, webpush: 5 })
    expect(await call('GET', '/latency')).toEqual(answer)
    expect((await call('PUT', '/latency', { ms: -1 })).status).toBe(400)
    expect((await call('PUT', '/latency', {})).status).toBe(400)
  })

  it('knows its paths and methods', async () => {
    expect((await call('GET', '/nope')).status).toBe(404)
    expect((await call('PATCH', '/faults')).status).toBe(405)
    expect((await call('GET', '/echo/a%2Fb')).body).toEqual({ name: 'a/b' })
  })
})
