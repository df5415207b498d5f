/**
 * Tickets that take longer than a lease, and what happens to them meanwhile. The consumer is called as the queue
 * calls it, with two tickets at once.
 */
import { createExecutionContext, createMessageBatch, getQueueResult, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import type { Ledger } from '../../durable-objects/ledger.ts'
import { shardNamed } from '../../durable-objects/stubs.ts'
import type { SubscriberShard } from '../../durable-objects/subscriber-shard.ts'
import type { Guarantee } from '../../push/notification.ts'
import { consume } from '../../workers/jobs/consume.ts'
import { plainOrder } from './plain-order.ts'
import { call, control, fcmToken, inbox, register, type Story, send, tellStory, until } from './story.ts'

/** With six in flight, two tickets of this many take twice as long as the lease of three seconds. */
const DEVICES_A_TICKET = 18
const LATENCY_MS = 900

afterEach(() => control('PUT', '/latency', { service: 'fcm', ms: 0 }))

async function registerMany(story: Story, topic: string): Promise<string[]> {
  const deviceTokens = Array.from({ length: DEVICES_A_TICKET }, () => fcmToken())
  for (const token of deviceTokens) await register(story, { platform: 'fcm', token, topics: [topic] })
  return deviceTokens
}

describe('a push service that is slower than the lease is long', () => {
  it.each(['at_least_once', 'at_most_once'] as const)('gets every push once, %s', async (guarantee: Guarantee) => {
    const story = await tellStory(['fcm'])
    const topics = ['first', 'second']
    const deviceTokens = (await Promise.all(topics.map((topic) => registerMany(story, topic)))).flat()
    await control('PUT', '/latency', { service: 'fcm', ms: LATENCY_MS })
    const notificationId = `ntf_${crypto.randomUUID()}`
    const order = plainOrder({ notificationId, appId: story.id, guarantee, livesMs: 600_000 })
    const shards = topics.map((topic) => `${story.id}/${topic}/0`)
    for (const shard of shards) {
      await runInDurableObject(env.SUBSCRIBER_SHARD.getByName(shard), (instance: SubscriberShard) => {
        const { ledger } = instance as unknown as { ledger: Ledger }
        ledger.openStep(order, Date.now())
      })
    }
    const bodies = shards.map((name) => ({
      kind: 'deliver.v1',
      appId: story.id,
      platform: 'fcm',
      ledger: { kind: 'shard', name },
      notificationId,
      ticket: 0,
    }))
    const messages = bodies.map((body, id) => ({ id: `${id}`, timestamp: new Date(), attempts: 1, body }))
    const batch = createMessageBatch('deliver-fcm', messages)
    await consume(batch, env)
    expect((await getQueueResult(batch, createExecutionContext())).explicitAcks).toHaveLength(2)
    for (const shard of shards) {
      const view = await shardNamed(env, shard).ledgerView(notificationId)
      expect(view?.counts).toMatchObject({ targeted: DEVICES_A_TICKET, accepted: DEVICES_A_TICKET })
    }
    const arrivals = await Promise.all(deviceTokens.map((token) => inbox('fcm', token)))
    expect(arrivals.map((arrived) => arrived.length)).toEqual(deviceTokens.map(() => 1))
  })
})

describe('canceling', () => {
  it('stops a ticket that is being sent: what has not left stays', async () => {
    if (env.EGRESS_URL !== '') return // Through the egress a ticket leaves in one piece.
    const story = await tellStory(['fcm'])
    await registerMany(story, 'slow')
    await registerMany(story, 'slow')
    await control('PUT', '/latency', { service: 'fcm', ms: LATENCY_MS })
    const id = await send(story, { to: { topic: 'slow' } })
    await until(story, id, ({ counts }) => counts.targeted === 2 * DEVICES_A_TICKET)
    await call('POST', `/v1/notifications/${id}/cancel`, story.key, undefined, 200)
    const { counts } = await until(story, id, (seen) => seen.status === 'canceled' && seen.counts.pending === 0)
    expect(counts.canceled).toBeGreaterThan(0)
    expect(counts.accepted! + counts.canceled!).toBe(2 * DEVICES_A_TICKET)
  })

  it('holds whenever it comes: a send to a device is sent or canceled, never both', async () => {
    const story = await tellStory(['fcm'])
    const deviceToken = fcmToken()
    const device = await register(story, { platform: 'fcm', token: deviceToken })
    for (let round = 0; round < 10; round++) {
      const before = (await inbox('fcm', deviceToken)).length
      const id = await send(story, { to: { devices: [device] }, priority: 'high' })
      await call('POST', `/v1/notifications/${id}/cancel`, story.key, undefined, 200)
      const { status, counts } = await until(story, id, (seen) => {
        return (seen.status === 'canceled' || seen.status === 'completed') && seen.counts.pending === 0
      })
      await new Promise((resolve) => setTimeout(resolve, 50))
      const arrived = (await inbox('fcm', deviceToken)).length - before
      expect([status, arrived]).toEqual([status, counts.accepted])
    }
  })
})
