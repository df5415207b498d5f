/** What a reviewer found that breaks a topic that grows, and what must hold instead. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import type { Ledger } from '../../durable-objects/ledger.ts'
import type { Lease, Member, Settled, Settlement } from '../../durable-objects/rpc.ts'
import { shardNamed } from '../../durable-objects/stubs.ts'
import { joinTopic } from '../../durable-objects/topic-members.ts'
import { type MemberRow, putMembers, updateMembers } from '../../schema/ledger/members.ts'
import { Report } from '../../workers/jobs/report.ts'
import { plainOrder } from '../delivery/plain-order.ts'
import { openLedger } from './open-ledger.ts'
import { makeMember, TopicModel } from './topic-model.ts'

/** Objects take strings of up to 2 MB; local ones take more. */
const LONGEST_PARAMETER = 2_000_000

it('as many members as one transfer may have are put, whatever the length of their addresses', async () => {
  const members = Array.from({ length: 5_000 }, (_, number): MemberRow => {
    const { address, ...member } = makeMember(`dev_${number}`, null, 0)
    return { ...member, addressKind: address.kind, address: 'x'.repeat(1_000) }
  })
  const shard = env.SUBSCRIBER_SHARD.getByName(`app_${crypto.randomUUID()}/news/0`)
  await runInDurableObject(shard, (_, { storage: { sql } }) => {
    let longest = 0
    const exec = (query: string, ...given: SqlStorageValue[]) => {
      for (const value of given) if (typeof value === 'string') longest = Math.max(longest, value.length)
      return sql.exec(query, ...given)
    }
    const measured = { exec } as unknown as SqlStorage
    expect(putMembers(measured, members, 0)).toBe(5_000)
    expect(putMembers(measured, members, 0)).toBe(0)
    updateMembers(measured, members)
    expect(longest).toBeLessThan(LONGEST_PARAMETER)
  })
})

it('an address that came after the one that was found dead is not retired', async () => {
  const { appId, notificationId, name, within } = await openLedger(1)
  const lease = await shardNamed(env, name).lease(notificationId, 0)
  if (lease.kind !== 'leased') throw new Error('nothing was leased')
  const [{ deviceId, address }] = lease.recipients as [(typeof lease.recipients)[0]]
  await joinTopic(env, appId, 'news', [
    { deviceId, address: { ...address, value: 'new' }, userId: null, slot: 0, platform: 'fcm' },
  ])
  const settled: Settled[] = []
  const settle = async (part: Settlement) => {
    settled.push(await shardNamed(env, name).settle(notificationId, 0, part))
    return settled.at(-1)!
  }
  const report = new Report(lease, { settle, judge: async () => null }, 60_000)
  report.enter(0, { kind: 'unregistered', reason: 'UNREGISTERED' })
  await report.close()
  expect(settled).toMatchObject([{ retirements: [{ deviceId, address: 'token-0' }] }])
  expect(await within((ledger) => ledger.view(notificationId)?.counts.unregistered)).toBe(1)
})

it('an alarm that two calls set at once rings for the earlier of them', async () => {
  const shard = env.SUBSCRIBER_SHARD.getByName(`app_${crypto.randomUUID()}/news/0`)
  const soon = Date.now() + 60_000
  const alarmAt = await runInDurableObject(shard, async (instance, { storage }) => {
    const { wakeBy } = instance as unknown as { wakeBy(at: number): Promise<void> }
    await Promise.all([wakeBy.call(instance, soon), wakeBy.call(instance, soon + 60_000)])
    return await storage.getAlarm()
  })
  expect(alarmAt).toBeLessThan(soon + 30_000)
})

it('a lease that waits for the owners of moved recipients obeys a split that happens meanwhile', async () => {
  const model = new TopicModel(`app_${crypto.randomUUID()}`, 'news')
  const asFcm = (member: Member): Member => ({ ...member, platform: 'fcm' })
  await model.join(Array.from({ length: 70 }, (_, number) => asFcm(makeMember(`dev_${number}`, null, 0))))
  const first = env.SUBSCRIBER_SHARD.getByName(`${model.appId}/${model.topic}/0`)
  const asked = {
    notificationId: 'ntf_early',
    appId: model.appId,
    guarantee: 'at_least_once',
    livesMs: 60_000,
  } as const
  await runInDurableObject(first, (shard) => {
    const { ledger } = shard as unknown as { ledger: Ledger }
    ledger.openStep(plainOrder(asked), Date.now())
  })
  await model.settle()
  const before = (await model.pieces())[0]!
  const rotated: Member[] = []
  const lease = await runInDurableObject(first, async (shard) => {
    const inside = shard as unknown as Inside
    const realEnv = inside.env
    // The first question to another shard takes so long that this one splits once more, and its members rotate.
    let asksFirst = true
    const slowly = async () => {
      if (!asksFirst) return
      asksFirst = false
      inside.growth.thresholds = { ...inside.growth.thresholds, members: 5 }
      const { length } = await model.pieces()
      while ((await model.pieces()).length === length) await inside.growth.step()
      inside.growth.thresholds = { ...inside.growth.thresholds, members: 1_000 }
      while (inside.growth.wantsStep) await inside.growth.step()
      const end = (await model.pieces())[0]!.toSlot
      const moved = [...model.members.values()].filter(({ slot }) => slot >= end && slot < before.toSlot)
      rotated.push(...moved.map(({ deviceId }) => asFcm(makeMember(deviceId, null, 1))))
      await model.join(rotated)
    }
    const getByName = (name: string) => {
      const find: Calls['find'] = async (keys) => {
        await slowly()
        return await shardNamed(realEnv, name).find(keys)
      }
      return { find }
    }
    Object.defineProperty(inside, 'env', { value: { ...realEnv, SUBSCRIBER_SHARD: { getByName } }, configurable: true })
    try {
      return await inside.lease('ntf_early', 0)
    } finally {
      Object.defineProperty(inside, 'env', { value: realEnv, configurable: true })
    }
  })
  expect(rotated.length).toBeGreaterThan(0)
  if (lease.kind !== 'leased') throw new Error('nothing was leased')
  const sent = new Map(lease.recipients.map(({ deviceId, address }) => [deviceId, address.value]))
  expect(sent.size).toBe(70)
  expect(rotated.map(({ deviceId }) => [deviceId, sent.get(deviceId)])).toEqual(
    rotated.map(({ deviceId, address }) => [deviceId, address.value]),
  )
})

type Calls = ReturnType<typeof shardNamed>

interface Inside {
  env: Env
  readonly growth: { thresholds: { members: number }; readonly wantsStep: boolean; step(): Promise<void> }
  lease(notificationId: string, number: number): Promise<Lease>
}
