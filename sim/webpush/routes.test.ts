/** Subscriptions over the control API. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import webPush from 'web-push'
import { startControl } from '../control.ts'
import { makeDesk } from '../desk.ts'
import type { Listening } from '../listen.ts'
import { startWebPush, type WebPushSimulator } from './server.ts'

const { publicKey } = webPush.generateVAPIDKeys()
let service: WebPushSimulator
let control: Listening

beforeAll(async () => {
  service = await startWebPush(makeDesk())
  control = await startControl(service.routes, 0)
})

afterAll(async () => {
  await control.close()
  await service.close()
})

async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(`http://127.0.0.1:${control.port}${path}`, { method, body: JSON.stringify(body) })
  const text = await response.text()
  return { status: response.status, body: text === '' ? null : JSON.parse(text) }
}

test('subscriptions come as a browser would show them', async () => {
  const request = { vapid_public_key: publicKey, count: 3, id_prefix: 'slow-' }
  const { status, body } = await call('POST', '/webpush/subscriptions', request)
  expect(status).toBe(201)
  expect(body.data).toHaveLength(3)
  expect(body.data[0]).toEqual({
    endpoint: expect.stringMatching(`^${service.url}/push/slow-[A-Za-z0-9_-]{16}$`),
    keys: { p256dh: expect.stringMatching(/^B[A-Za-z0-9_-]{86}$/), auth: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/) },
  })
})

test('endpoints can be on https, or wherever the sender is made to believe', async () => {
  const onHttps = await call('POST', '/webpush/subscriptions', { vapid_public_key: publicKey, transport: 'https' })
  expect(onHttps.body.data[0].endpoint).toMatch(`${service.httpsUrl}/push/`)
  const origin = 'https://web.push.apple.com'
  const elsewhere = await call('POST', '/webpush/subscriptions', { vapid_public_key: publicKey, origin })
  expect(elsewhere.body.data[0].endpoint).toMatch(`${origin}/push/`)
})

test('a subscription can be ended, once', async () => {
  const { body } = await call('POST', '/webpush/subscriptions', { vapid_public_key: publicKey })
  const path = `/webpush/subscriptions/${body.data[0].endpoint.split('/').at(-1)}`
  expect((await call('DELETE', path)).status).toBe(204)
  expect((await call('DELETE', path)).status).toBe(404)
  expect((await fetch(body.data[0].endpoint, { method: 'POST' })).status).toBe(410)
})

test('a subscription without a browser has no receipts', async () => {
  expect(await call('GET', '/webpush/subscriptions/any/receipts')).toEqual({ status: 200, body: { data: [] } })
})

test.each([
  ['vapid_public_key', 'short'],
  ['count', 0],
  ['count', 1.5],
  ['count', 100_001],
  ['id_prefix', 'a/b'],
  ['transport', 'carrier pigeon'],
  ['origin', 'no origin'],
  ['profile', 'netscape'],
  ['decrypt', 'never'],
])('a wrong %s is an error that names the field', async (field, value) => {
  const { status, body } = await call('POST', '/webpush/subscriptions', { [field]: value })
  expect([status, body.error]).toEqual([400, expect.stringContaining(field)])
})
