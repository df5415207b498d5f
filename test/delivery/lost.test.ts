/**
 * What a lost queue message or a consumer that died leaves behind is found by the ledger's alarm. The queue here loses
 * nothing by itself, so the ledger is opened without telling it.
 */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Ledger } from '../../durable-objects/ledger.ts'
import type { LedgerView } from '../../durable-objects/rpc.ts'
import { ledgerNamed, shardNamed } from '../../durable-objects/stubs.ts'
import type { SubscriberShard } from '../../durable-objects/subscriber-shard.ts'
import type { Guarantee } from '../../push/notification.ts'
import { plainOrder } from './plain-order.ts'
import { fcmToken, inbox, register, tellStory } from './story.ts'

interface Lost {
  readonly notificationId: string
  readonly shard: string
  readonly deviceToken: string
  view(): Promise<LedgerView>
  /** Rings the shard's alarm, as the platform would at its time. */
  ring(): Promise<void>
}

/** A ledger over one subscriber that is open, whose ticket no queue knows of. */
async function openUnheard(guarantee: Guarantee): Promise<Lost> {
  const { id: appId, ...story } = await tellStory(['fcm'])
  const deviceToken = fcmToken()
  await register({ id: appId, ...story }, { platform: 'fcm', token: deviceToken, topics: ['news'] })
  const notificationId = `ntf_${crypto.randomUUID()}`
  const order = plainOrder({ notificationId, appId, guarantee, livesMs: 60_000 })
  const shard = `${appId}/news/0`
  const stub = () => env.SUBSCRIBER_SHARD.getByName(shard)
  await runInDurableObject(stub(), async (instance: SubscriberShard, { storage }) => {
    const { ledger } = instance as unknown as { ledger: Ledger }
    expect(ledger.openStep(order, Date.now() - LEASE_MS)).toMatchObject({ done: true, tickets: [{ number: 0 }] })
    await storage.setAlarm(Date.now() + 60_000)
  })
  const view = async () => (await shardNamed(env, shard).ledgerView(notificationId))!
  const ring = async () => void expect(await runDurableObjectAlarm(stub())).toBe(true)
  return { notificationId, shard, deviceToken, view, ring }
}

const LEASE_MS = Number(env.LEASE_SECONDS) * 1000

describe('the alarm of a ledger', () => {
  it('brings back a ticket whose message the queue lost', async () => {
    const lost = await openUnheard('at_least_once')
    expect((await lost.view()).counts).toMatchObject({ targeted: 1, pending: 1 })
    await lost.ring()
    await expect.poll(async () => (await lost.view()).counts, { timeout: 5_000 }).toMatchObject({ accepted: 1 })
    expect(await inbox('fcm', lost.deviceToken)).toHaveLength(1)
  })

  it.each([
    ['at_least_once', { accepted: 1 }, 1],
    ['at_most_once', { failed: 1 }, 0],
  ] as const)('brings back the ticket of a consumer that died, %s', async (guarantee, counts, arrivals) => {
    const lost = await openUnheard(guarantee)
    const lease = await ledgerNamed(env, { kind: 'shard', name: lost.shard }).lease(lost.notificationId, 0)
    expect(lease.kind).toBe('leased')
    await new Promise((resolve) => setTimeout(resolve, LEASE_MS + 50))
    await lost.ring()
    await expect.poll(async () => (await lost.view()).counts, { timeout: 5_000 }).toMatchObject(counts)
    expect(await inbox('fcm', lost.deviceToken)).toHaveLength(arrivals)
  })

  it('answers a lease that is replayed after everything is settled with nothing', async () => {
    const lost = await openUnheard('at_least_once')
    await lost.ring()
    await expect.poll(async () => (await lost.view()).done, { timeout: 5_000 }).toBe(true)
    const ledger = ledgerNamed(env, { kind: 'shard', name: lost.shard })
    expect(await ledger.lease(lost.notificationId, 0)).toEqual({ kind: 'nothing' })
    expect(await ledger.lease(lost.notificationId, 99)).toEqual({ kind: 'nothing' })
    expect(await ledger.lease('ntf_unknown', 0)).toEqual({ kind: 'nothing' })
  })
})
