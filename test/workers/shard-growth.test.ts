/** A topic that grows: one shard becomes many while everything goes on. The shards of these tests hold 60 members. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import type { Ledger } from '../../durable-objects/ledger.ts'
import { shardNamed } from '../../durable-objects/stubs.ts'
import { dropTopic, findSubscribers, joinTopic } from '../../durable-objects/topic-members.ts'
import type { CallRate } from '../../push/call-rate.ts'
import { ALL_SLOTS } from '../../push/shard-directory.ts'
import type { SplitThresholds } from '../../push/shard-split.ts'
import { plainOrder } from '../delivery/plain-order.ts'
import { makeMember, TopicModel } from './topic-model.ts'

let serial = 0

function someMembers(count: number, userId: string | null = null) {
  return Array.from({ length: count }, () => makeMember(`dev_${serial++}`, userId, 0))
}

function newTopic() {
  return new TopicModel(`app_${crypto.randomUUID()}`, 'news')
}

it('a topic stays one shard until it is too large, and is then as many as it needs', async () => {
  const model = newTopic()
  await model.join(someMembers(60))
  await model.settle()
  expect(await model.count()).toEqual({ subscribers: 60, shards: 1 })
  await model.join(someMembers(1))
  await model.settle()
  expect(await model.count()).toEqual({ subscribers: 61, shards: 2 })
  await model.join(someMembers(239))
  await model.settle()
  const { subscribers, shards } = await model.count()
  expect(subscribers).toBe(300)
  expect(shards).toBeGreaterThanOrEqual(5)
  await model.expectEqual()
})

it('a shard splits early when it is busy', async () => {
  const model = newTopic()
  await model.join(someMembers(60))
  await runInDurableObject(env.SUBSCRIBER_SHARD.getByName(`${model.appId}/${model.topic}/0`), (shard) => {
    const { growth } = shard as unknown as { growth: { rate: CallRate; thresholds: SplitThresholds } }
    growth.thresholds = { ...growth.thresholds, callsPerSecond: 100 }
    growth.rate = { windowStartedAt: Date.now() - 10_000, calls: 1_500, perSecond: 0 }
  })
  await model.leave([])
  await model.leave([...model.members.values()].slice(0, 1))
  expect((await model.count()).shards).toBe(1)
  await model.join(someMembers(1))
  await model.settle()
  expect(await model.count()).toEqual({ subscribers: 60, shards: 2 })
})

it('the devices of one user stay together, and a shard of one user stays whole', async () => {
  const model = newTopic()
  await model.join(someMembers(200, 'usr_many'))
  await model.settle()
  expect(await model.count()).toEqual({ subscribers: 200, shards: 1 })
  await model.join(someMembers(100))
  await model.settle()
  expect((await model.count()).shards).toBeGreaterThanOrEqual(3)
  await model.expectEqual()
})

it('who joins, changes or leaves while half of a shard is copied is as they say in the end', async () => {
  const model = newTopic()
  const early = someMembers(80)
  await model.join(early)
  const [first] = await model.pieces()
  for (let round = 0; round < 8; round++) {
    await runInDurableObject(env.SUBSCRIBER_SHARD.getByName(first!.shard), async (shard) => {
      await (shard as unknown as { growth: { step(): Promise<void> } }).growth.step()
    })
    await model.leave(early.slice(round * 5, round * 5 + 3))
    await model.join(early.slice(round * 5 + 3, round * 5 + 5).map((member) => makeMember(member.deviceId, null, 1)))
    await model.join(someMembers(3))
    expect((await model.count()).subscribers).toBe(model.members.size)
  }
  await model.settle()
  await model.expectEqual()
})

it('a shard refuses slots that it gave away, and does nothing of such a call', async () => {
  const model = newTopic()
  await model.join(someMembers(100))
  await model.settle()
  const [first] = await model.pieces()
  const shard = () => shardNamed(env, first!.shard)
  const stranger = someMembers(20)
  expect(await shard().join(stranger)).toEqual({ kind: 'moved' })
  expect(await shard().leave([...model.members.values()])).toEqual({ kind: 'moved' })
  expect(await shard().count(ALL_SLOTS)).toEqual({ kind: 'moved' })
  expect(await shard().dropSome(ALL_SLOTS)).toEqual({ kind: 'moved' })
  await model.expectEqual()
})

it('a new shard hears only the shard that it comes from, and nothing that is late', async () => {
  const model = newTopic()
  const name = `${model.appId}/${model.topic}/1`
  const parent = `${model.appId}/${model.topic}/0`
  const child = () => shardNamed(env, name)
  const [a, b] = someMembers(2) as [ReturnType<typeof makeMember>, ReturnType<typeof makeMember>]
  await child().receive(parent, 2, [a], [])
  await child().receive(parent, 1, [b], [a])
  await child().receive(`${model.appId}/${model.topic}/7`, 3, [b], [a])
  expect(await child().join([b])).toEqual({ kind: 'moved' })
  expect(await child().count(ALL_SLOTS)).toEqual({ kind: 'moved' })
  await child().activate(ALL_SLOTS)
  await child().receive(parent, 9, [b], [a])
  expect(await child().find([a, b])).toEqual({ kind: 'done', value: [a] })
  await child().activate({ fromSlot: 0, toSlot: 1 })
  expect(await child().count(ALL_SLOTS)).toEqual({ kind: 'done', value: 1 })
})

it('rows that have moved are forgotten at once when no fan-out reads them', async () => {
  const model = newTopic()
  await model.join(someMembers(100))
  await model.settle()
  const [first] = await model.pieces()
  const rows = () =>
    runInDurableObject(env.SUBSCRIBER_SHARD.getByName(first!.shard), (_, { storage }) => {
      return storage.sql.exec<{ n: number }>('select count(*) as n from member where slot >= ?', first!.toSlot).one().n
    })
  await model.ring(first!.shard)
  expect(await rows()).toBe(0)
})

it('rows that have moved are kept for the fan-outs that read them, and are nobody’s members', async () => {
  const model = newTopic()
  await model.join(someMembers(70))
  const first = env.SUBSCRIBER_SHARD.getByName(`${model.appId}/${model.topic}/0`)
  await runInDurableObject(first, (shard) => {
    const { ledger } = shard as unknown as { ledger: Ledger }
    const asked = {
      notificationId: 'ntf_early',
      appId: model.appId,
      guarantee: 'at_least_once',
      livesMs: 60_000,
    } as const
    ledger.openStep({ ...plainOrder(asked), platforms: [] }, Date.now())
  })
  await model.settle()
  await model.join(someMembers(130))
  await model.settle()
  expect((await model.pieces()).length).toBeGreaterThanOrEqual(4)
  await model.expectEqual()
  const view = await shardNamed(env, `${model.appId}/${model.topic}/0`).ledgerView('ntf_early')
  expect(view?.counts.targeted).toBe(70)
  const page = { status: null, deviceId: null, platform: null, reason: null, replayed: null, cursor: null, limit: 500 }
  const { data } = await shardNamed(env, `${model.appId}/${model.topic}/0`).ledgerDeliveries('ntf_early', page)
  expect(data).toHaveLength(70)
})

it('a topic that is dropped during its send settles who waits as suppressed, also in a shard that gave them away', async () => {
  const model = newTopic()
  await model.join(someMembers(70).map((member) => ({ ...member, platform: 'fcm' as const })))
  const name = `${model.appId}/${model.topic}/0`
  const asked = { notificationId: 'ntf_late', appId: model.appId, guarantee: 'at_least_once', livesMs: 60_000 } as const
  await runInDurableObject(env.SUBSCRIBER_SHARD.getByName(name), (shard) => {
    const { ledger } = shard as unknown as { ledger: Ledger }
    ledger.openStep(plainOrder(asked), Date.now())
  })
  await model.settle()
  expect((await model.count()).shards).toBe(2)
  await dropTopic(env, model.appId, model.topic)
  expect(await shardNamed(env, name).lease('ntf_late', 0)).toEqual({ kind: 'nothing' })
  const view = await shardNamed(env, name).ledgerView('ntf_late')
  expect(view).toMatchObject({ done: true, counts: { targeted: 70, suppressed: 70, pending: 0 } })
  const page = { status: null, deviceId: null, platform: null, reason: null, replayed: null, cursor: null, limit: 1 }
  const { data } = await shardNamed(env, name).ledgerDeliveries('ntf_late', page)
  expect(data).toMatchObject([{ status: 'suppressed', reason: 'left_audience' }])
})

it('a topic that is dropped is empty, in all of its shards, and can be joined again', async () => {
  const model = newTopic()
  const members = someMembers(150)
  await model.join(members)
  await model.settle()
  await dropTopic(env, model.appId, model.topic)
  expect((await model.count()).subscribers).toBe(0)
  expect(await findSubscribers(env, model.appId, model.topic, members)).toEqual([])
  await joinTopic(env, model.appId, model.topic, members.slice(0, 5))
  expect((await model.count()).subscribers).toBe(5)
})
