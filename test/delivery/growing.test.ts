/** A topic splits while it is being sent to: everybody gets the push once, and as they are at that moment. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import type { Ledger } from '../../durable-objects/ledger.ts'
import { shardNamed } from '../../durable-objects/stubs.ts'
import type { SubscriberShard } from '../../durable-objects/subscriber-shard.ts'
import { plainOrder } from './plain-order.ts'
import { call, control, deliveries, fcmToken, inbox, register, type Story, send, settled, tellStory } from './story.ts'

/** One more than a shard of these tests holds. */
const DEVICES = Number(env.SHARD_SPLIT_MEMBERS) + 1
const PATIENCE_MS = 20_000
const REGISTERED_AT_ONCE = 20

interface Phone {
  readonly id: string
  token: string
}

/** Registered a few at a time, as phones are. */
async function subscribe(story: Story, count: number): Promise<Phone[]> {
  const phones: Phone[] = []
  while (phones.length < count) {
    const tokens = Array.from({ length: Math.min(REGISTERED_AT_ONCE, count - phones.length) }, () => fcmToken())
    const ids = await Promise.all(tokens.map((token) => register(story, { platform: 'fcm', token, topics: ['news'] })))
    phones.push(...ids.map((id, index) => ({ id, token: tokens[index]! })))
  }
  return phones
}

const first = (story: Story) => env.SUBSCRIBER_SHARD.getByName(`${story.id}/news/0`)
const topic = async (story: Story) => await call('GET', '/v1/topics/news', story.key, undefined, 200)

/** Until the topic has split and nothing of it is under way. */
async function split(story: Story): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  const isGrowing = () =>
    runInDurableObject(first(story), (shard) => {
      return (shard as unknown as { growth: { wantsStep: boolean } }).growth.wantsStep
    })
  while (await isGrowing()) {
    if (Date.now() > deadline) throw new Error('the topic does not split')
    await runDurableObjectAlarm(first(story))
  }
}

/** Opens a ledger over everybody that no queue knows of. */
async function openUnheard(story: Story): Promise<{ notificationId: string; tickets: number }> {
  const notificationId = `ntf_${crypto.randomUUID()}`
  const order = plainOrder({ notificationId, appId: story.id, guarantee: 'at_least_once', livesMs: 60_000 })
  return await runInDurableObject(first(story), (shard: SubscriberShard) => {
    const { ledger } = shard as unknown as { ledger: Ledger }
    const step = ledger.openStep(order, Date.now())
    return { notificationId, tickets: step.tickets.length }
  })
}

it('a topic that splits during its campaigns reaches everybody once with each', async () => {
  const story = await tellStory(['fcm'])
  const phones = await subscribe(story, DEVICES)
  const campaigns: string[] = []
  for (let turn = 0; turn < 4; turn++) {
    campaigns.push(await send(story, { to: { topic: 'news' } }))
    await runDurableObjectAlarm(first(story))
  }
  await split(story)
  campaigns.push(await send(story, { to: { topic: 'news' } }))
  for (const id of campaigns) {
    const { counts } = await settled(story, id)
    expect(counts).toMatchObject({ targeted: DEVICES, accepted: DEVICES })
    const reached = await deliveries(story, id, '?limit=500')
    expect(new Set(reached.map(({ device_id }) => device_id))).toEqual(new Set(phones.map(({ id: device }) => device)))
  }
  expect(await topic(story)).toMatchObject({ subscribers: DEVICES, shards: 2 })
  for (const { token } of phones) expect(await inbox('fcm', token)).toHaveLength(campaigns.length)
})

it('a fan-out that was opened before its topic split obeys what was said since', async () => {
  const story = await tellStory(['fcm'])
  const phones = await subscribe(story, DEVICES)
  const { notificationId, tickets } = await openUnheard(story)
  expect(tickets).toBe(1)
  await split(story)
  expect(await topic(story)).toMatchObject({ subscribers: DEVICES, shards: 2 })
  const left = phones.filter((_, index) => index % 3 === 0)
  const rotated = phones.filter((_, index) => index % 3 === 1)
  for (const { id } of left) await call('DELETE', `/v1/topics/news/devices/${id}`, story.key, undefined, 204)
  for (const phone of rotated) {
    phone.token = fcmToken()
    await call('PATCH', `/v1/devices/${phone.id}`, story.key, { token: phone.token }, 200)
  }
  const lease = await shardNamed(env, `${story.id}/news/0`).lease(notificationId, 0)
  if (lease.kind !== 'leased') throw new Error('nothing was leased')
  const stay = phones.filter((phone) => !left.includes(phone))
  const handedOut = new Map(lease.recipients.map(({ deviceId, address }) => [deviceId, address.value]))
  expect(handedOut).toEqual(new Map(stay.map(({ id, token }) => [id, token])))
  const view = await shardNamed(env, `${story.id}/news/0`).ledgerView(notificationId)
  expect(view?.counts).toMatchObject({ targeted: DEVICES, suppressed: left.length, pending: stay.length })
  expect(await topic(story)).toMatchObject({ subscribers: stay.length })
})

it('a device that is found dead by a fan-out from before the split leaves the shard that owns it', async () => {
  const story = await tellStory(['fcm'])
  const token = fcmToken('dead')
  await control('POST', '/faults', { service: 'fcm', prefix: token, effect: { kind: 'unregistered' } })
  await register(story, { platform: 'fcm', token, topics: ['news'] })
  await subscribe(story, DEVICES)
  const { notificationId } = await openUnheard(story)
  await split(story)
  await runInDurableObject(first(story), (_, { storage }) => storage.setAlarm(Date.now() + 60_000))
  await expect
    .poll(
      async () => {
        await runDurableObjectAlarm(first(story))
        return (await shardNamed(env, `${story.id}/news/0`).ledgerView(notificationId))?.counts
      },
      { timeout: PATIENCE_MS },
    )
    .toMatchObject({ accepted: DEVICES, unregistered: 1 })
  await expect.poll(async () => (await topic(story)).subscribers, { timeout: PATIENCE_MS }).toBe(DEVICES)
})
