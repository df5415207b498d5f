/**
 * The judge of the Web Push simulator: the web-push package as it is published, over HTTPS. It must succeed where a
 * push service accepts, and report every fault as it does against one.
 */
import { Agent } from 'node:https'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import webPush, { type PushSubscription, type RequestOptions, type SendResult, WebPushError } from 'web-push'
import { type Desk, makeDesk } from '../desk.ts'
import type { Effect } from '../faults.ts'
import { startWebPush, type WebPushSimulator } from './server.ts'
import type { BulkRequest } from './subscriptions.ts'

const vapid = webPush.generateVAPIDKeys()
const otherVapid = webPush.generateVAPIDKeys()
const SUBJECT = 'mailto:push@example.com'

let desk: Desk
let service: WebPushSimulator
let agent: Agent

beforeAll(async () => {
  desk = makeDesk()
  service = await startWebPush(desk)
  agent = new Agent({ ca: desk.certificate.caPem, keepAlive: true })
})

afterEach(() => {
  desk.faults.clear()
  desk.inbox.clear()
})

afterAll(async () => {
  agent.destroy()
  await service.close()
})

function subscribe(fields: Partial<BulkRequest> = {}): PushSubscription {
  const [subscription] = service.subscriptions.makeMany({
    count: 1,
    origin: service.httpsUrl,
    idPrefix: 'sub-',
    profile: 'mozilla',
    vapidKey: vapid.publicKey,
    decrypt: 'all',
    ...fields,
  })
  return subscription!
}

function idOf(subscription: PushSubscription): string {
  return new URL(subscription.endpoint).pathname.split('/').at(-1)!
}

function send(
  subscription: PushSubscription,
  payload: string | null,
  options: RequestOptions = {},
): Promise<SendResult> {
  return webPush.sendNotification(subscription, payload, {
    vapidDetails: { subject: SUBJECT, ...vapid },
    agent,
    contentEncoding: 'aes128gcm',
    ...options,
  })
}

/** What web-push makes of a refusal. */
async function refusal(attempt: Promise<SendResult>) {
  const error = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(WebPushError)
  const { statusCode, headers, body } = error as WebPushError
  return { statusCode, headers, body }
}

describe('what a push service accepts', () => {
  test('a push is decrypted into the inbox, once', async () => {
    const subscription = subscribe()
    const payload = JSON.stringify({ title: 'Hällo', fanfare_id: 'ntf_1' })
    const { statusCode, headers } = await send(subscription, payload, { TTL: 60, urgency: 'high', topic: 'score' })
    expect(statusCode).toBe(201)
    expect(headers).toMatchObject({ ttl: '60', location: expect.stringMatching(`^${service.httpsUrl}/message/`) })
    expect(desk.inbox.arrivalsAt('webpush', idOf(subscription))).toMatchObject([
      {
        status: 201,
        accepted: true,
        message_id: 'ntf_1',
        headers: { ttl: '60', urgency: 'high', topic: 'score', 'content-encoding': 'aes128gcm' },
        payload: { title: 'Hällo', fanfare_id: 'ntf_1' },
      },
    ])
  })

  test('a push without a payload', async () => {
    const subscription = subscribe()
    expect((await send(subscription, null)).statusCode).toBe(201)
    expect(desk.inbox.arrivalsAt('webpush', idOf(subscription))).toMatchObject([{ accepted: true, payload: null }])
  })

  test('3,993 bytes, which is a body of exactly 4,096', async () => {
    expect((await send(subscribe(), 'x'.repeat(3993))).statusCode).toBe(201)
  })

  test('a TTL above the limit of the service is shortened and said so', async () => {
    const { headers } = await send(subscribe({ profile: 'apple' }), 'hello', { TTL: 10_000_000 })
    expect(headers).toMatchObject({ ttl: String(30 * 24 * 60 * 60) })
  })

  test('without VAPID, for a subscription that was made without a key', async () => {
    const options = { vapidDetails: undefined, TTL: 60 }
    expect((await send(subscribe({ vapidKey: null }), 'hello', options)).statusCode).toBe(201)
  })

  test('the same push twice is one duplicate', async () => {
    const subscription = subscribe()
    const payload = JSON.stringify({ fanfare_id: 'ntf_2' })
    await send(subscription, payload)
    await send(subscription, payload)
    expect(desk.inbox.counts().webpush).toMatchObject({ accepted: 2, duplicates: 1, devices: 1 })
  })
})

describe('what a push service refuses', () => {
  test.each<[string, Partial<BulkRequest>, RequestOptions, string, number, number]>([
    ['the VAPID key of somebody else', {}, { vapidDetails: { subject: SUBJECT, ...otherVapid } }, 'hello', 401, 109],
    ['a body of 4,097 bytes', {}, {}, 'x'.repeat(3994), 413, 104],
    ['no VAPID at all', {}, { vapidDetails: undefined }, 'hello', 401, 109],
    ['the older aesgcm', {}, { contentEncoding: 'aesgcm' }, 'hello', 401, 109],
  ])('%s', async (_, fields, options, payload, status, errno) => {
    const { statusCode, body } = await refusal(send(subscribe(fields), payload, options))
    expect(statusCode).toBe(status)
    expect(JSON.parse(body)).toMatchObject({ code: status, errno })
  })

  test('an endpoint that never was is 404', async () => {
    const subscription = { ...subscribe(), endpoint: `${service.httpsUrl}/push/nobody` }
    expect(await refusal(send(subscription, 'hello'))).toMatchObject({ statusCode: 404 })
  })

  test('a subscription that has ended is 410', async () => {
    const subscription = subscribe()
    service.subscriptions.end(idOf(subscription))
    expect(await refusal(send(subscription, 'hello'))).toMatchObject({
      statusCode: 410,
      headers: { 'cache-control': 'max-age=86400' },
    })
  })

  test('a payload for another browser', async () => {
    const { endpoint } = subscribe()
    const { keys } = subscribe()
    expect(await refusal(send({ endpoint, keys }, 'hello'))).toMatchObject({ statusCode: 400 })
  })

  test.each<[BulkRequest['profile'], RequestOptions, number, string, Record<string, string>]>([
    ['apple', { vapidDetails: { subject: 'mailto:me@localhost', ...vapid } }, 403, '{"reason":"BadJwtToken"}', {}],
    ['apple', { vapidDetails: { subject: SUBJECT, ...otherVapid } }, 400, '{"reason":"VapidPkHashMismatch"}', {}],
    [
      'chrome',
      { vapidDetails: { subject: SUBJECT, ...otherVapid } },
      403,
      expect.stringContaining('do not correspond'),
      {},
    ],
    ['wns', { TTL: 0 }, 400, '', { 'x-wns-error-description': 'Ttl value conflicts with X-WNS-Cache-Policy' }],
  ])('in the words of %s', async (profile, options, status, body, headers) => {
    expect(await refusal(send(subscribe({ profile }), 'hello', options))).toMatchObject({
      statusCode: status,
      body,
      headers,
    })
  })
})

describe('how a fault looks to the client', () => {
  async function sendUnder(effect: Effect) {
    desk.faults.add({ service: 'webpush', prefix: 'sub-', effect })
    return await refusal(send(subscribe(), 'hello'))
  }

  test('a dead subscription is 410 with errno 106', async () => {
    const { statusCode, body } = await sendUnder({ kind: 'unregistered' })
    expect(statusCode).toBe(410)
    expect(JSON.parse(body)).toMatchObject({ errno: 106 })
  })

  test('429 keeps its Retry-After', async () => {
    const failure = await sendUnder({ kind: 'status', status: 429, retry_after: 7 })
    expect(failure).toMatchObject({ statusCode: 429, headers: { 'retry-after': '7' } })
  })

  test('503 of a front end is HTML', async () => {
    const failure = await sendUnder({ kind: 'html', status: 503 })
    expect(failure).toMatchObject({ statusCode: 503, body: expect.stringContaining('<!DOCTYPE html>') })
  })

  test('a connection that is cut before the push is taken leaves the inbox empty', async () => {
    desk.faults.add({ service: 'webpush', prefix: '', effect: { kind: 'reset', when: 'before' } })
    await expect(send(subscribe(), 'hello')).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(desk.inbox.counts().webpush).toMatchObject({ accepted: 0, unanswered: 1 })
  })

  test('a connection that is cut after the push is taken looks the same to the client', async () => {
    desk.faults.add({ service: 'webpush', prefix: '', effect: { kind: 'reset', when: 'after' } })
    await expect(send(subscribe(), 'hello')).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(desk.inbox.counts().webpush).toMatchObject({ accepted: 1, unanswered: 1 })
  })

  test('a request that hangs is a timeout', async () => {
    desk.faults.add({ service: 'webpush', prefix: '', effect: { kind: 'hang' } })
    await expect(send(subscribe(), 'hello', { timeout: 200 })).rejects.toThrow('Socket timeout')
  })
})
