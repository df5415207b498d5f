/**
 * The guarantees against a queue that keeps none: whatever it does to messages, everybody is settled, and as long as no
 * consumer dies and every push service answers, everybody gets the push exactly once, under either guarantee.
 */
import {
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { ledgerNamed } from '../../durable-objects/stubs.ts'
import { idTail } from '../../push/ids.ts'
import type { Guarantee } from '../../push/notification.ts'
import type { QueueMessage } from '../../schema/queue-messages.ts'
import { consume } from '../../workers/jobs/consume.ts'
import { BadQueue, type Mishap } from './bad-queue.ts'
import { apnsToken, fcmToken, inbox, type Json, look, register, type Story, send, tellStory } from './story.ts'

const LEASE_MS = Number(env.LEASE_SECONDS) * 1000
/** How far ahead a send is scheduled, so that its object can be robbed of its queues before it starts. */
const HEAD_START_MS = 5_000
/** Alarms are rung this often at most: each brings back what was lost since the one before. */
const MOST_RINGS = 30

let story: Story
let serial = 0

beforeAll(async () => {
  story = await tellStory(['fcm', 'apns'])
})

afterEach(() => {
  vi.useRealTimers()
})

interface Phone {
  readonly service: 'fcm' | 'apns'
  readonly deviceToken: string
}

/** A topic with two phones of each service, one of each a user's. */
async function gather(): Promise<{ topic: string; users: string[]; phones: Phone[] }> {
  const name = `bad${++serial}`
  const phones: Phone[] = []
  for (const user of [`${name}-ada`, `${name}-bob`]) {
    for (const service of ['fcm', 'apns'] as const) {
      const deviceToken = service === 'fcm' ? fcmToken() : apnsToken()
      await register(story, { platform: service, token: deviceToken, user_id: user, topics: [name] })
      phones.push({ service, deviceToken })
    }
  }
  return { topic: name, users: [`${name}-ada`, `${name}-bob`], phones }
}

async function arrivals(phones: readonly Phone[]): Promise<number[]> {
  const inboxes = await Promise.all(phones.map(({ service, deviceToken }) => inbox(service, deviceToken)))
  return inboxes.map((arrived) => arrived.filter(({ accepted }) => accepted).length)
}

const notificationOf = (id: string) => env.NOTIFICATION.getByName(`${story.id}/${idTail(id)}`)
const shardOf = (topic: string) => env.SUBSCRIBER_SHARD.getByName(`${story.id}/${topic}/0`)

/** Moves the clock of all objects ahead. */
function passTime(ms: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms })
}

/** Waits until no consumer holds a ticket: time may pass then without anybody's lease running out. */
async function calm(stubs: readonly DurableObjectStub[]): Promise<void> {
  const heldBy = (stub: DurableObjectStub) =>
    runInDurableObject(stub, (_instance, { storage }) => {
      if (storage.sql.exec("select 1 from sqlite_master where name = 'ticket'").toArray().length === 0) return 0
      return storage.sql.exec<{ held: number }>('select count(lease_id) as held from ticket').one().held
    })
  await expect.poll(async () => (await Promise.all(stubs.map(heldBy))).every((held) => held === 0)).toBe(true)
}

/** Lets time pass and alarms ring until the notification is completed. */
async function seeThrough(id: string, stubs: readonly DurableObjectStub[], queue: BadQueue): Promise<Json> {
  for (let ring = 0; ring < MOST_RINGS; ring++) {
    const seen = await look(story, id)
    if (seen.status === 'completed') return seen as unknown as Json
    await calm(stubs)
    passTime(LEASE_MS + 1_000)
    for (const stub of stubs) await runDurableObjectAlarm(stub)
    if (ring % 3 === 2) await queue.bringLate()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`not completed: ${JSON.stringify(await look(story, id))}`)
}

const mishaps = fc.array(fc.constantFrom<Mishap>('passes', 'is lost', 'comes twice', 'comes late'), { maxLength: 12 })
const audience = fc.constantFrom('topic', 'users')

describe.each(['at_least_once', 'at_most_once'] as const)('%s, over a queue that keeps no promise', (guarantee) => {
  it('settles everybody, and everybody gets the push exactly once', async () => {
    await fc.assert(
      fc.asyncProperty(mishaps, audience, fc.boolean(), async (planned, kind, ordered) => {
        const { topic, users, phones } = await gather()
        const to = kind === 'topic' ? { topic } : { users }
        const send_at = new Date(Date.now() + HEAD_START_MS).toISOString()
        const id = await send(story, { to, guarantee, ordered, send_at })
        const queue = new BadQueue(planned)
        const stubs = kind === 'topic' ? [notificationOf(id), shardOf(topic)] : [notificationOf(id)]
        for (const stub of stubs) await queue.stealFrom(stub)
        passTime(HEAD_START_MS + 1_000)
        const seen = await seeThrough(id, stubs, queue)
        expect(seen.counts).toMatchObject({ targeted: 4, accepted: 4, pending: 0 })
        expect(queue.carried).toBeGreaterThan(0)
        await queue.bringLate()
        await calm(stubs)
        expect(await arrivals(phones)).toEqual([1, 1, 1, 1])
      }),
      { numRuns: 8 },
    )
  }, 120_000)
})

/** Hands messages to the consumer as a queue does. */
async function handOver(bodies: readonly unknown[]): Promise<{ acked: number; retried: number }> {
  const messages = bodies.map((body, index) => ({ id: `m${index}`, timestamp: new Date(), attempts: 1, body }))
  const batch = createMessageBatch('deliver-fcm', messages)
  await consume(batch, env)
  const { explicitAcks, retryMessages } = await getQueueResult(batch, createExecutionContext())
  return { acked: explicitAcks.length, retried: retryMessages.length }
}

function deliverMessage(id: string, topic: string, ticket = 0): QueueMessage {
  const ledger = { kind: 'shard' as const, name: `${story.id}/${topic}/0` }
  return { kind: 'deliver.v1', ledger, appId: story.id, platform: 'fcm', notificationId: id, ticket }
}

async function sentOnce(guarantee: Guarantee) {
  const gathered = await gather()
  const id = await send(story, { to: { topic: gathered.topic }, guarantee })
  await expect.poll(async () => (await look(story, id)).status, { timeout: 10_000 }).toBe('completed')
  return { ...gathered, id }
}

describe('a message that comes when everything is over', () => {
  it('changes nothing, also a day later, and as often as it comes', async () => {
    const { id, topic, phones } = await sentOnce('at_least_once')
    const before = await look(story, id)
    const bodies: QueueMessage[] = [
      { kind: 'fanout.v1', appId: story.id, notificationId: id, shard: `${story.id}/${topic}/0` },
      deliverMessage(id, topic),
      deliverMessage(id, topic, 1),
      deliverMessage(id, topic, 99),
      deliverMessage(id, 'another-topic'),
      deliverMessage(`ntf_${'0'.repeat(29)}`, topic),
    ]
    expect(await handOver([...bodies, ...bodies])).toEqual({ acked: 12, retried: 0 })
    passTime(24 * 3_600_000)
    expect(await handOver(bodies)).toEqual({ acked: 6, retried: 0 })
    vi.useRealTimers()
    expect(await look(story, id)).toEqual(before)
    expect(await arrivals(phones)).toEqual([1, 1, 1, 1])
  })

  it('that is not ours is dropped, and the others of its batch are not', async () => {
    const { id, topic } = await sentOnce('at_least_once')
    const foreign = [null, 'text', { kind: 'deliver.v2' }, { ...deliverMessage(id, topic), ticket: -1 }]
    expect(await handOver([...foreign, deliverMessage(id, topic)])).toEqual({ acked: 5, retried: 0 })
  })
})

describe('a settlement that comes too late', () => {
  it.each([
    ['at_least_once', { accepted: 4, failed: 0 }, 1],
    ['at_most_once', { accepted: 3, failed: 1 }, 0],
  ] as const)('of a consumer that was taken for dead changes nothing that was decided, %s', async (...told) => {
    const [guarantee, counts, arrived] = told
    const { topic, phones } = await gather()
    const send_at = new Date(Date.now() + HEAD_START_MS).toISOString()
    const id = await send(story, { to: { topic }, guarantee, send_at })
    // Everything is lost until the alarm of the shard rings for the second time.
    const queue = new BadQueue(['passes', 'is lost', 'is lost'])
    const stubs = [notificationOf(id), shardOf(topic)]
    for (const stub of stubs) await queue.stealFrom(stub)
    passTime(HEAD_START_MS + 1_000)
    await runDurableObjectAlarm(stubs[0]!)
    await expect.poll(async () => (await look(story, id)).counts.targeted, { timeout: 10_000 }).toBe(4)
    const ledger = () => ledgerNamed(env, { kind: 'shard', name: `${story.id}/${topic}/0` })
    const lease = await ledger().lease(id, 0)
    if (lease.kind !== 'leased') throw new Error('the ticket was to be had')
    const { leaseId, recipients } = lease
    // The consumer reports one of its two, and is not heard of any more.
    const [first, second] = recipients.map(({ ordinal, deviceId }) => ({ ordinal, deviceId }))
    const part = { leaseId, accepted: [first!.ordinal], others: [], last: false, resumeAt: null }
    await ledger().settle(id, 0, part)
    passTime(LEASE_MS + 1_000)
    const outcome = { kind: 'refused', reason: 'too late' } as const
    const late = { ...part, accepted: [], others: [{ ...second!, outcome }], last: true }
    for (const stub of stubs) await runDurableObjectAlarm(stub)
    await expect.poll(async () => (await look(story, id)).status, { timeout: 10_000 }).toBe('completed')
    await ledger().settle(id, 0, late)
    await ledger().settle(id, 99, late)
    expect((await look(story, id)).counts).toMatchObject({ targeted: 4, pending: 0, ...counts })
    const fcmPhones = phones.filter(({ service }) => service === 'fcm')
    expect((await arrivals(fcmPhones)).toSorted()).toEqual([0, arrived])
  })
})
