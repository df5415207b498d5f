/**
 * End to end, with an egress that is killed, stopped and started again while it carries tickets: every recipient
 * settles exactly once, and the promise of the send holds.
 */
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import type { Guarantee } from '../../push/notification.ts'
import {
  apnsToken,
  type Counts,
  control,
  deliveries,
  fcmToken,
  inbox,
  look,
  register,
  type Story,
  send,
  settled,
  tellStory,
  until,
} from '../delivery/story.ts'
import type { Fate } from './fate.ts'

const DEVICES = 12
/** Long enough that the egress can be hit while the pushes are in the air. */
const LATENCY_MS = 800
const GUARANTEES: readonly Guarantee[] = ['at_least_once', 'at_most_once']
/** An egress that is silent is given up after 15 to 30 s; then come the retries. */
const LONG_STORY_MS = 60_000

const meet = async (fate: Fate) => {
  expect((await fetch(`${inject('fateUrl')}/${fate}`, { method: 'POST' })).status).toBe(204)
}

beforeEach(() => meet('start'))
afterEach(() => control('DELETE', '/faults'))

interface Audience {
  readonly story: Story
  readonly deviceTokens: readonly string[]
  /** How many pushes the push service has in hand, or had. */
  arrived(): Promise<number>
}

/** Devices of one topic whose pushes take a while. */
async function gather(): Promise<Audience> {
  const story = await tellStory(['fcm'])
  const prefix = `fire${crypto.randomUUID().slice(0, 8)}`
  const deviceTokens = Array.from({ length: DEVICES }, () => fcmToken(prefix))
  await Promise.all(deviceTokens.map((token) => register(story, { platform: 'fcm', token, topics: ['fire'] })))
  const effect = { kind: 'latency', ms: LATENCY_MS }
  const { id } = await control('POST', '/faults', { service: 'fcm', prefix, effect })
  const arrived = async () => {
    const { data } = (await control('GET', '/faults')) as { data: { id: unknown; seen: number }[] }
    return data.find((fault) => fault.id === id)?.seen ?? 0
  }
  return { story, deviceTokens, arrived }
}

/** A send to all of them, followed until its first pushes are in the air. */
async function sendIntoTheAir({ story, arrived }: Audience, guarantee: Guarantee): Promise<string> {
  const id = await send(story, { to: { topic: 'fire' }, guarantee })
  await expect.poll(arrived, { timeout: 20_000, interval: 10 }).toBeGreaterThan(0)
  return id
}

async function arrivalsOf({ deviceTokens }: Audience): Promise<number[]> {
  const accepted = async (token: string) => (await inbox('fcm', token)).filter((push) => push.accepted).length
  return Promise.all(deviceTokens.map(accepted))
}

/** Nobody is lost, nobody is counted twice, and the promise is kept. */
async function expectPromiseKept(audience: Audience, id: string, counts: Counts, guarantee: Guarantee): Promise<void> {
  expect(counts.targeted).toBe(DEVICES)
  const arrivals = await arrivalsOf(audience)
  if (guarantee === 'at_least_once') {
    expect(counts).toMatchObject({ accepted: DEVICES })
    expect(Math.min(...arrivals)).toBeGreaterThanOrEqual(1)
    return
  }
  expect(counts.accepted! + counts.failed!).toBe(DEVICES)
  expect(Math.max(...arrivals)).toBeLessThanOrEqual(1)
  const failed = await deliveries(audience.story, id, '?status=failed')
  expect(new Set(failed.map(({ reason }) => reason))).toEqual(new Set(counts.failed ? ['unconfirmed'] : []))
}

describe.each(GUARANTEES)('%s', (guarantee) => {
  it('holds when the egress is killed with the ticket in its hands', async () => {
    const audience = await gather()
    const id = await sendIntoTheAir(audience, guarantee)
    await meet('kill')
    await meet('start')
    const { counts } = await settled(audience.story, id)
    await expectPromiseKept(audience, id, counts, guarantee)
  })

  it('costs nobody anything when the egress ends in order and another takes its place', async () => {
    const audience = await gather()
    const id = await sendIntoTheAir(audience, guarantee)
    await meet('end')
    await meet('start')
    const { counts } = await settled(audience.story, id)
    expect(counts).toMatchObject({ accepted: DEVICES })
    expect(await arrivalsOf(audience)).toEqual(Array(DEVICES).fill(1))
  })

  it('waits for an egress that is down, and everybody gets one push', async () => {
    const audience = await gather()
    await meet('kill')
    const id = await send(audience.story, { to: { topic: 'fire' }, guarantee })
    await until(audience.story, id, ({ counts }) => counts.targeted === DEVICES)
    expect((await look(audience.story, id)).counts.pending).toBe(DEVICES)
    await meet('start')
    const { counts } = await settled(audience.story, id)
    expect(counts).toMatchObject({ accepted: DEVICES })
    expect(await arrivalsOf(audience)).toEqual(Array(DEVICES).fill(1))
  })
})

it('a connection on which APNs refuses a credential that worked is replaced, and the push gets there', async () => {
  const story = await tellStory(['apns'])
  const token = apnsToken()
  const device = await register(story, { platform: 'apns', token })
  const sendOne = async () => {
    const { counts } = await settled(story, await send(story, { to: { devices: [device] } }))
    expect(counts).toMatchObject({ accepted: 1 })
  }
  await sendOne()
  const effect = { kind: 'status', status: 403, reason: 'InvalidProviderToken' }
  await control('POST', '/faults', { service: 'apns', prefix: token, times: 1, effect })
  await sendOne()
  expect((await inbox('apns', token)).map(({ status }) => status)).toEqual([200, 403, 200])
  const response = await fetch(`${env.EGRESS_URL}/metrics`, { headers: { authorization: `Bearer ${env.EGRESS_KEY}` } })
  expect(await response.text()).toContain('connections_opened_total{host="api.sandbox.push.apple.com"} 2')
})

it('an egress that is full makes tickets wait, and costs nobody an attempt', async () => {
  await meet('start-narrow')
  const audiences = await Promise.all([gather(), gather(), gather()])
  const ids = await Promise.all(audiences.map(({ story }) => send(story, { to: { topic: 'fire' } })))
  for (const [index, audience] of audiences.entries()) {
    const { counts } = await settled(audience.story, ids[index]!)
    expect(counts).toMatchObject({ accepted: DEVICES })
    expect(await arrivalsOf(audience)).toEqual(Array(DEVICES).fill(1))
    const attempts = (await deliveries(audience.story, ids[index]!)).map((delivery) => delivery.attempts)
    expect(new Set(attempts)).toEqual(new Set([1]))
  }
})

it(
  'an egress that hangs before it has the ticket has nothing of it: everybody gets one push when it is back',
  async () => {
    const audience = await gather()
    await meet('stop')
    const id = await send(audience.story, { to: { topic: 'fire' }, guarantee: 'at_most_once' })
    // Given up for the first time, and tried again.
    const isRetried = async () => (await deliveries(audience.story, id)).some(({ attempts }) => Number(attempts) > 0)
    await expect.poll(isRetried, { timeout: 20_000 }).toBe(true)
    expect(await arrivalsOf(audience)).toEqual(Array(DEVICES).fill(0))
    await meet('continue')
    const { counts } = await settled(audience.story, id)
    expect(counts).toMatchObject({ accepted: DEVICES })
    expect(await arrivalsOf(audience)).toEqual(Array(DEVICES).fill(1))
  },
  LONG_STORY_MS,
)

it(
  'an egress that hangs with the ticket in its hands is given up: what it may have sent is unconfirmed',
  async () => {
    const audience = await gather()
    const id = await sendIntoTheAir(audience, 'at_most_once')
    await meet('stop')
    await expect.poll(async () => (await look(audience.story, id)).status, { timeout: 45_000 }).toBe('completed')
    await meet('continue')
    const { counts } = await look(audience.story, id)
    await expectPromiseKept(audience, id, counts, 'at_most_once')
    expect(counts.failed).toBe(DEVICES)
  },
  LONG_STORY_MS,
)
