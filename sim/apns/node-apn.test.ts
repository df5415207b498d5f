/**
 * The judge of the APNs simulator: @parse/node-apn as it is published, over HTTP/2 with TLS. It must succeed where
 * Apple accepts, and classify every fault as it does against Apple.
 */
import apn from '@parse/node-apn'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Desk, makeDesk } from '../desk.ts'
import type { Effect } from '../faults.ts'
import { type ApnsSimulator, startApns } from './server.ts'
import type { KeyRequest, RegisteredKey } from './signing-keys.ts'

const BUNDLE_ID = 'com.example.app'
const DEVICE = 'ab'.repeat(32)
const OTHER_DEVICE = 'cd'.repeat(32)
const MESSAGE_ID = '123e4567-e89b-12d3-a456-426614174000'

let desk: Desk
let apns: ApnsSimulator
const providers: apn.Provider[] = []

beforeAll(async () => {
  desk = makeDesk()
  apns = await startApns(desk)
})

afterEach(async () => {
  await Promise.all(providers.splice(0).map((provider) => provider.shutdown()))
  desk.faults.clear()
  desk.inbox.clear()
})

afterAll(() => apns.close())

/** A client that signs with a key, as an app's backend makes one. */
function connectWith({ key, privateKey }: RegisteredKey): apn.Provider {
  const provider = new apn.Provider({
    token: { key: privateKey!, teamId: key.teamId, keyId: key.keyId },
    address: 'localhost',
    port: Number(new URL(apns.url).port),
    ca: [Buffer.from(desk.certificate.caPem)],
    production: false,
    requestTimeout: 300,
    connectionRetryLimit: 1,
  })
  providers.push(provider)
  return provider
}

function connect(request: KeyRequest = {}): apn.Provider {
  return connectWith(apns.keys.register({ bundleIds: [BUNDLE_ID], ...request }))
}

function alert(fields: Partial<apn.Notification> = {}): apn.Notification {
  const notification = new apn.Notification({ fanfare_id: 'ntf_1' })
  return Object.assign(notification, { topic: BUNDLE_ID, pushType: 'alert', alert: 'Hello', id: MESSAGE_ID }, fields)
}

/** Sends one push under a scripted fault and returns what the client makes of it. */
async function sendUnder(effect: Effect) {
  desk.faults.add({ service: 'apns', prefix: DEVICE, effect })
  const { sent, failed } = await connect().send(alert(), DEVICE)
  expect(sent).toEqual([])
  expect(failed).toHaveLength(1)
  return failed[0]!
}

describe('what Apple accepts', () => {
  test('an alert arrives once, with its headers and payload', async () => {
    const { sent, failed } = await connect().send(alert({ collapseId: 'score', expiry: 4_000_000_000 }), DEVICE)
    expect(failed).toEqual([])
    expect(sent).toEqual([{ device: DEVICE, 'apns-id': MESSAGE_ID, 'apns-unique-id': expect.any(String) }])
    expect(desk.inbox.arrivalsAt('apns', DEVICE)).toMatchObject([
      {
        status: 200,
        accepted: true,
        message_id: MESSAGE_ID,
        headers: { 'apns-topic': BUNDLE_ID, 'apns-collapse-id': 'score', 'apns-expiration': '4000000000' },
        payload: { aps: { alert: 'Hello' } },
      },
    ])
  })

  test('a thousand devices over one connection', async () => {
    const devices = Array.from({ length: 1000 }, (_, index) => index.toString(16).padStart(64, '0'))
    const { sent, failed } = await connect().send(alert(), devices)
    expect(failed).toEqual([])
    expect(sent).toHaveLength(1000)
    expect(desk.inbox.counts().apns).toMatchObject({ accepted: 1000, devices: 1000, duplicates: 0 })
  })

  test('a background push at priority 5 and a VoIP push of 5,120 bytes', async () => {
    const provider = connect()
    const background = alert({ pushType: 'background', priority: 5, contentAvailable: true })
    expect((await provider.send(background, DEVICE)).failed).toEqual([])
    const voip = alert({ pushType: 'voip', topic: `${BUNDLE_ID}.voip`, alert: '' })
    voip.payload = { padding: 'x'.repeat(5000) }
    expect((await provider.send(voip, DEVICE)).failed).toEqual([])
  })

  test('a push in production has no apns-unique-id', async () => {
    const { sent } = await connect({ environment: 'production' }).send(alert(), DEVICE)
    expect(sent).toEqual([{ device: DEVICE, 'apns-id': MESSAGE_ID }])
  })
})

describe('what Apple refuses', () => {
  test.each<[string, Partial<apn.Notification>, string, number, string]>([
    ['a malformed device token', {}, 'not-hex', 400, 'BadDeviceToken'],
    ['a topic that the key is not for', { topic: 'com.example.other' }, DEVICE, 400, 'TopicDisallowed'],
    ['no topic', { topic: undefined }, DEVICE, 400, 'MissingTopic'],
    ['an id that is not a UUID', { id: 'one' }, DEVICE, 400, 'BadMessageId'],
    ['a background push at priority 10', { pushType: 'background' }, DEVICE, 400, 'BadPriority'],
    ['a priority that does not exist', { priority: 7 }, DEVICE, 400, 'BadPriority'],
    [
      'a push type that does not exist',
      { pushType: 'shout' as apn.NotificationPushType },
      DEVICE,
      400,
      'InvalidPushType',
    ],
    ['a collapse id of 65 bytes', { collapseId: 'x'.repeat(65) }, DEVICE, 400, 'BadCollapseId'],
    ['a payload of more than 4,096 bytes', { alert: 'x'.repeat(4096) }, DEVICE, 413, 'PayloadTooLarge'],
  ])('%s', async (_, fields, device, status, reason) => {
    const { sent, failed } = await connect().send(alert(fields), device)
    expect(sent).toEqual([])
    expect(failed).toMatchObject([{ device, status, response: { reason } }])
  })

  test('a provider token that another key has signed', async () => {
    const { key } = apns.keys.register({})
    const { privateKey } = apns.keys.register({})
    const { failed } = await connectWith({ key, privateKey }).send(alert(), DEVICE)
    expect(failed).toMatchObject([{ status: 403, response: { reason: 'InvalidProviderToken' } }])
  })

  test('a second provider token of the same key within 20 minutes, on a connection of its own', async () => {
    const registered = apns.keys.register({})
    const first = connectWith(registered)
    const second = connectWith(registered)
    expect((await first.send(alert(), DEVICE)).failed).toEqual([])
    expect((await second.send(alert(), DEVICE)).failed).toMatchObject([
      { status: 429, response: { reason: 'TooManyProviderTokenUpdates' } },
    ])
    expect((await first.send(alert(), DEVICE)).failed).toEqual([])
  })
})

describe('how a fault looks to the client', () => {
  test('a dead device token is 410 Unregistered with its time in milliseconds', async () => {
    const at = Date.UTC(2026, 0, 2)
    expect(await sendUnder({ kind: 'unregistered', at })).toMatchObject({
      device: DEVICE,
      status: 410,
      response: { reason: 'Unregistered', timestamp: at },
    })
    expect((await connect().send(alert(), OTHER_DEVICE)).failed).toEqual([])
  })

  test('429 TooManyRequests is tried again and then reported', async () => {
    const failure = await sendUnder({ kind: 'status', status: 429 })
    expect(failure).toMatchObject({ status: 429, response: { reason: 'TooManyRequests' } })
    expect(desk.inbox.arrivalsAt('apns', DEVICE)).toHaveLength(2)
  })

  test('503 once is survived by trying again', async () => {
    desk.faults.add({ service: 'apns', prefix: '', nth: 1, effect: { kind: 'status', status: 503 } })
    expect((await connect().send(alert(), DEVICE)).sent).toHaveLength(1)
    expect(desk.inbox.arrivalsAt('apns', DEVICE)).toMatchObject([
      { status: 503, reason: 'ServiceUnavailable', accepted: false },
      { status: 200, accepted: true },
    ])
  })

  test('500 closes the session', async () => {
    const failure = await sendUnder({ kind: 'status', status: 500 })
    expect(failure).toMatchObject({ status: 500, error: { message: 'Error 500, stream ended unexpectedly' } })
  })

  test('an expired provider token is renewed, which the floor of 20 minutes then refuses', async () => {
    desk.faults.add({
      service: 'apns',
      prefix: '',
      nth: 1,
      effect: { kind: 'status', status: 403, reason: 'ExpiredProviderToken' },
    })
    const { failed } = await connect().send(alert(), DEVICE)
    expect(failed).toMatchObject([{ status: 429, response: { reason: 'TooManyProviderTokenUpdates' } }])
  })

  test('an expired provider token is renewed and taken once the floor is over', async () => {
    desk.faults.add({
      service: 'apns',
      prefix: '',
      nth: 1,
      effect: { kind: 'status', status: 403, reason: 'ExpiredProviderToken' },
    })
    const { sent } = await connect({ mintFloorSeconds: 0 }).send(alert(), DEVICE)
    expect(sent).toHaveLength(1)
  })

  test('a request that hangs is a timeout', async () => {
    expect(await sendUnder({ kind: 'hang' })).toMatchObject({ error: { message: 'apn write timeout' } })
  })

  test('a connection that is cut before the push is taken leaves the inbox empty', async () => {
    expect(await sendUnder({ kind: 'reset', when: 'before' })).toHaveProperty('error')
    expect(desk.inbox.counts().apns).toMatchObject({ accepted: 0, unanswered: 1 })
  })

  test('a connection that is cut after the push is taken looks the same to the client', async () => {
    expect(await sendUnder({ kind: 'reset', when: 'after' })).toHaveProperty('error')
    expect(desk.inbox.arrivalsAt('apns', DEVICE)).toMatchObject([{ status: 0, accepted: true }])
  })

  test('GOAWAY is an error without a status, and the next push opens a new connection', async () => {
    desk.faults.add({ service: 'apns', prefix: DEVICE, times: 1, effect: { kind: 'goaway', reason: 'Shutdown' } })
    const provider = connect()
    const { failed } = await provider.send(alert(), DEVICE)
    expect(failed).toHaveLength(1)
    expect(failed[0]).not.toHaveProperty('status')
    expect((await provider.send(alert(), DEVICE)).sent).toHaveLength(1)
  })

  test('an HTML page of an edge is an error in reading the answer', async () => {
    const failure = await sendUnder({ kind: 'html', status: 520 })
    expect(failure).toMatchObject({
      error: { message: expect.stringContaining('Unexpected error processing APNs response') },
    })
  })
})
