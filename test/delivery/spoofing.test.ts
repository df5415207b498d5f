/** Signed messages as the push services got them: a device believes what Fanfare sent, and nothing that a stolen credential can. */
import { exports } from 'cloudflare:workers'
import { type CompactVerifyGetKey, createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { SIGNATURE_CHARACTERS, verifyMessage } from '../../push/message-signature.ts'
import type { JsonObject } from '../../push/notification.ts'
import { readApnsContent, readFcmContent, readWebPushContent } from '../../push/read-signed-content.ts'
import {
  apnsToken,
  call,
  control,
  fcmToken,
  inbox,
  type Json,
  type Platform,
  register,
  type Story,
  send,
  settled,
  subscriptions,
  tellStory,
} from './story.ts'

/** A device as its SDK sees the world: its id, the app's public keys, and what arrived. */
interface Phone {
  readonly platform: Platform
  readonly id: string
  readonly address: string
}

let story: Story
let keys: CompactVerifyGetKey

async function phone(platform: Platform, topic = 'news'): Promise<Phone> {
  const topics = [topic]
  if (platform === 'webpush') {
    const [subscription] = await subscriptions(story, 1)
    const address = (subscription!.endpoint as string).split('/').pop()!
    return { platform, id: await register(story, { platform, subscription, topics }), address }
  }
  const address = platform === 'fcm' ? fcmToken() : apnsToken()
  return { platform, id: await register(story, { platform, token: address, topics }), address }
}

const READERS = { fcm: readFcmContent, apns: readApnsContent, webpush: readWebPushContent }

/** What arrived last: the payload, and the map that holds Fanfare's marks in it. */
async function lastPush({ platform, address }: Phone) {
  const arrived = (await inbox(platform, address)).at(-1)!
  const payload = (typeof arrived.payload === 'string' ? JSON.parse(arrived.payload) : arrived.payload) as Json
  return { payload, marks: (platform === 'fcm' ? payload.data : payload) as Record<string, string> }
}

/** What the SDK of the phone makes of it. */
async function judge(to: Phone, { payload, marks }: Awaited<ReturnType<typeof lastPush>>, now = Date.now()) {
  const { fanfare_sig = '', fanfare_unsubscribe = null, fanfare_id = '' } = marks
  const { fanfare_sig: _signature, fanfare_unsubscribe: _link, ...shown } = payload
  const content = READERS[to.platform](shown as JsonObject)
  const received = { pushId: fanfare_id, deviceId: to.id, content, unsubscribe: fanfare_unsubscribe, now }
  return await verifyMessage(fanfare_sig, keys, received)
}

beforeAll(async () => {
  story = await tellStory()
  await call('PATCH', `/v1/apps/${story.id}/settings`, story.key, { sign_messages: true }, 200)
  // As an SDK gets them: from the route, without a key, before anything was signed.
  const published = await exports.default.fetch(new Request(`https://fanfare.test/v1/apps/${story.id}/jwks.json`))
  keys = createLocalJWKSet((await published.json()) as JSONWebKeySet)
})

describe.each(['fcm', 'apns', 'webpush'] as const)('a push over %s', (platform) => {
  it('of an app that signs is vouched for at each of its devices, and at no other', async () => {
    const [first, second] = [await phone(platform), await phone(platform)]
    const content = { body: 'It is 2 to 1', url: 'https://a.example/1', data: { match: '17' }, ordered: true }
    await settled(story, await send(story, { to: { topic: 'news' }, ...content }))
    const [one, two] = [await lastPush(first), await lastPush(second)]
    expect([await judge(first, one), await judge(second, two)]).toEqual(['valid', 'valid'])
    expect([await judge(first, two), await judge(second, one)]).toEqual(['other_device', 'other_device'])
    expect(one.marks.fanfare_sig).toHaveLength(SIGNATURE_CHARACTERS)
  })

  it('is not vouched for with a word changed, nor after its life', async () => {
    const to = await phone(platform)
    await settled(story, await send(story, { to: { devices: [to.id] }, title: 'Pay A', ttl_seconds: 600 }))
    const genuine = await lastPush(to)
    const forged = JSON.parse(JSON.stringify(genuine.payload).replace('Pay A', 'Pay B')) as Json
    expect(await judge(to, { ...genuine, payload: forged })).toBe('altered')
    expect(await judge(to, genuine, Date.now() + 3_600_000)).toBe('expired')
  })

  it('of an app that does not sign carries nothing of it', async () => {
    const signing = story
    story = await tellStory([platform])
    const to = await phone(platform)
    await settled(story, await send(story, { to: { topic: 'news' } }))
    story = signing
    const { marks } = await lastPush(to)
    expect(Object.keys(marks).filter((key) => key.startsWith('fanfare_'))).toEqual(['fanfare_id'])
  })
})

describe('who has stolen the FCM credential', () => {
  it('can push, and nobody believes it', async () => {
    const to = await phone('fcm')
    await settled(story, await send(story, { to: { devices: [to.id] }, title: 'Genuine' }))
    const genuine = await lastPush(to)
    const spoofed = { ...genuine.payload, notification: { title: 'Your bank', body: 'Call 0900' } }
    // A push of their own, one with a signature that they saw, and one that repeats its id.
    expect(await judge(to, { payload: spoofed, marks: { fanfare_id: genuine.marks.fanfare_id! } })).toBe('unknown')
    expect(await judge(to, { payload: spoofed, marks: genuine.marks })).toBe('altered')
    const otherId = { ...genuine.marks, fanfare_id: `ntf_${'0'.repeat(29)}` }
    expect(await judge(to, { ...genuine, marks: otherId })).toBe('other_push')
  })
})

describe('dead letters of an app that signs', () => {
  it('are sent again as the first push, vouched for anew', async () => {
    const to = await phone('fcm')
    // What FCM says to a request that is wrong, without a word about the device token.
    const body = JSON.stringify({ error: { code: 400, status: 'INVALID_ARGUMENT', message: 'Request is invalid.' } })
    const effect = { kind: 'status', status: 400, body }
    await control('POST', '/faults', { service: 'fcm', prefix: to.address, times: 1, effect })
    const id = await send(story, { to: { devices: [to.id] } })
    expect((await settled(story, id)).counts).toMatchObject({ failed: 1 })
    const replay = await call('POST', '/v1/dead-letters/replay', story.key, { notification_id: id })
    const [{ id: again }] = replay.data as [{ id: string }]
    expect((await settled(story, again)).counts).toMatchObject({ accepted: 1 })
    const push = await lastPush(to)
    expect([push.marks.fanfare_id, await judge(to, push)]).toEqual([id, 'valid'])
  })
})

describe('the link that a push to a topic carries', () => {
  it.each(['fcm', 'apns', 'webpush'] as const)(
    'over %s takes its device out of the topic, and nobody else',
    async (platform) => {
      const topic = crypto.randomUUID()
      const [leaves, stays] = [await phone(platform, topic), await phone(platform, topic)]
      await settled(story, await send(story, { to: { topic } }))
      const push = await lastPush(leaves)
      expect(await judge(leaves, push)).toBe('valid')
      const link = push.marks.fanfare_unsubscribe!
      expect(link.startsWith('https://fanfare.test/v1/unsubscribe?link=')).toBe(true)
      expect((await exports.default.fetch(new Request(link))).status).toBe(200)
      expect((await settled(story, await send(story, { to: { topic } }))).counts.targeted).toBe(2)
      expect((await exports.default.fetch(new Request(link, { method: 'POST' }))).status).toBe(200)
      const id = await send(story, { to: { topic } })
      expect((await settled(story, id)).counts.targeted).toBe(1)
      expect((await lastPush(stays)).marks.fanfare_id).toBe(id)
    },
  )

  it('is in no push to a device', async () => {
    const to = await phone('fcm')
    await settled(story, await send(story, { to: { devices: [to.id] } }))
    expect((await lastPush(to)).marks).not.toHaveProperty('fanfare_unsubscribe')
  })
})
