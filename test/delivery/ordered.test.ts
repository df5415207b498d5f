/** Ordered sends: each waits for the one before it, in its own line, and nothing else waits. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import {
  AUDIENCES,
  expectGrowing,
  expireNow,
  holdUp,
  ids,
  objectOf,
  received,
  sendOrdered,
  tellIphoneStory,
} from './ordered-story.ts'
import {
  apnsToken,
  call,
  control,
  fcmToken,
  inbox,
  type Json,
  look,
  type Platform,
  register,
  type Story,
  send,
  settled,
  subscriptions,
  tellStory,
  until,
} from './story.ts'

describe.each(AUDIENCES)('ordered sends to %s', (_, to) => {
  it('arrive in the order of their acceptance, each after the one before it is settled', async () => {
    const { story, deviceToken, device } = await tellIphoneStory()
    const release = await holdUp(deviceToken)
    const first = await sendOrdered(story, to(device))
    const second = await sendOrdered(story, to(device))
    const third = await sendOrdered(story, to(device))
    await expect.poll(() => inbox('apns', deviceToken)).not.toHaveLength(0)
    expect([(await look(story, second)).status, (await look(story, third)).status]).toEqual(['queued', 'queued'])
    await release()
    for (const id of [first, second, third]) expect((await settled(story, id)).counts).toMatchObject({ accepted: 1 })
    const arrivals = await received(deviceToken)
    expect(arrivals.map(({ id }) => id)).toEqual([first, second, third])
    expectGrowing(arrivals.map(({ sequence }) => sequence))
  })

  it('go on when the one that held them up is canceled', async () => {
    const { story, deviceToken, device } = await tellIphoneStory()
    const release = await holdUp(deviceToken)
    const first = await sendOrdered(story, to(device))
    const second = await sendOrdered(story, to(device))
    const third = await sendOrdered(story, to(device))
    await expect.poll(() => inbox('apns', deviceToken)).not.toHaveLength(0)
    await call('POST', `/v1/notifications/${second}/cancel`, story.key, undefined, 200)
    await call('POST', `/v1/notifications/${first}/cancel`, story.key, undefined, 200)
    await release()
    await settled(story, third)
    expect(await ids(deviceToken)).toEqual([third])
  })

  it('go on when the one that held them up expires', async () => {
    const { story, deviceToken, device } = await tellIphoneStory()
    const release = await holdUp(deviceToken)
    const first = await sendOrdered(story, to(device), { ttl_seconds: 60 })
    const second = await sendOrdered(story, to(device))
    await expect.poll(() => inbox('apns', deviceToken)).not.toHaveLength(0)
    await expireNow(story, first)
    const { counts } = await settled(story, first)
    expect(counts).toMatchObject({ expired: 1 })
    await release()
    await settled(story, second)
    expect(await ids(deviceToken)).toEqual([second])
  })

  it('expire without having been sent when their turn does not come in time', async () => {
    const { story, deviceToken, device } = await tellIphoneStory()
    const release = await holdUp(deviceToken)
    const first = await sendOrdered(story, to(device))
    const second = await sendOrdered(story, to(device), { ttl_seconds: 60 })
    await expect.poll(() => inbox('apns', deviceToken)).not.toHaveLength(0)
    await expireNow(story, second)
    await runDurableObjectAlarm(objectOf(story, second))
    expect((await settled(story, second)).counts).toMatchObject({ targeted: 1, expired: 1 })
    await release()
    await settled(story, first)
    expect(await ids(deviceToken)).toEqual([first])
  })
})

describe('what does not wait', () => {
  it('another topic, another user, and sends that are not ordered', async () => {
    const { story, deviceToken } = await tellIphoneStory()
    const other = apnsToken()
    await register(story, { platform: 'apns', token: other, user_id: 'bob', topics: ['news', 'sport'] })
    const release = await holdUp(deviceToken)
    const stuck = await sendOrdered(story, { topic: 'news' })
    const waiting = await sendOrdered(story, { topic: 'news' })
    const overtaking = [
      await sendOrdered(story, { topic: 'sport' }),
      await sendOrdered(story, { users: ['bob'] }),
      await send(story, { to: { users: ['bob'] } }),
    ]
    for (const id of overtaking) await settled(story, id)
    expect((await look(story, waiting)).status).toBe('queued')
    await release()
    await settled(story, stuck)
    await settled(story, waiting)
    const arrivals = await received(other)
    expect(arrivals.map(({ id }) => id).at(-1)).toBe(waiting)
    expect(arrivals.find(({ id }) => id === overtaking[2])?.sequence).toBeUndefined()
  })

  it('the other users of a send: each has a line of his own', async () => {
    const { story, deviceToken } = await tellIphoneStory()
    const other = apnsToken()
    await register(story, { platform: 'apns', token: other, user_id: 'bob' })
    const release = await holdUp(deviceToken)
    const first = await sendOrdered(story, { users: ['ada'] })
    const both = await sendOrdered(story, { users: ['ada', 'bob', 'nobody'] })
    const { status, counts } = await until(story, both, (seen) => seen.counts.accepted === 1)
    expect([status, counts.targeted, counts.pending]).toEqual(['sending', 2, 1])
    expect(await ids(other)).toEqual([both])
    expect(await ids(deviceToken)).toEqual([])
    const last = await sendOrdered(story, { users: ['bob'] })
    await settled(story, last)
    await release()
    await settled(story, both)
    expect(await ids(deviceToken)).toEqual([first, both])
    expect(await ids(other)).toEqual([both, last])
    expectGrowing((await received(other)).map(({ sequence }) => sequence))
  })
})

describe('a ticket that waits for its turn', () => {
  it('is not handed out to a queue message that comes too early', async () => {
    const { story, deviceToken } = await tellIphoneStory()
    await register(story, { platform: 'apns', token: apnsToken(), user_id: 'bob' })
    const release = await holdUp(deviceToken)
    const first = await sendOrdered(story, { users: ['ada'] })
    const both = await sendOrdered(story, { users: ['ada', 'bob'] })
    await until(story, both, (seen) => seen.counts.accepted === 1)
    for (const ticket of [0, 1, 2]) {
      const lease = await runInDurableObject(objectOf(story, both), (object) => {
        return (object as unknown as { lease(id: string, ticket: number): Promise<Json> }).lease(both, ticket)
      })
      expect(lease.kind).toBe('nothing')
    }
    await release()
    await settled(story, first)
    await settled(story, both)
  })
})

describe('fanfare_seq', () => {
  it.each([
    ['fcm', (payload: Json) => (payload.data as Json).fanfare_seq, expect.stringMatching(/^\d{13}$/)],
    ['apns', (payload: Json) => payload.fanfare_seq, expect.any(Number)],
    ['webpush', (payload: Json) => payload.fanfare_seq, expect.any(Number)],
  ] as const)('is in the payload of %s, only when ordered', async (platform, read, expected) => {
    const story = await tellStory([platform])
    const { device, address } = await anyDevice(story, platform)
    for (const ordered of [true, false]) await settled(story, await send(story, { to: { devices: [device] }, ordered }))
    const arrivals = await inbox(platform, address)
    expect(arrivals.map(({ payload }) => read(payload as Json))).toEqual([expected, undefined])
  })
})

describe('a dead letter of an ordered send', () => {
  it.each([
    ['topic', { topic: 'news' }],
    ['user', { users: ['ada'] }],
  ])('of a %s is sent again with the number that it had', async (_, to) => {
    const { story, deviceToken } = await tellIphoneStory()
    const effect = { kind: 'reset', when: 'after' }
    await control('POST', '/faults', { service: 'apns', prefix: deviceToken, times: 1, effect })
    const id = await sendOrdered(story, to, { guarantee: 'at_most_once' })
    expect((await settled(story, id)).counts).toMatchObject({ failed: 1 })
    await call('POST', '/v1/dead-letters/replay', story.key, { notification_id: id }, 202)
    await expect.poll(() => received(deviceToken), { timeout: 10_000 }).toHaveLength(2)
    const [first, second] = await received(deviceToken)
    expect([first!.id, first!.sequence]).toEqual([id, expect.any(Number)])
    expect(second).toEqual(first)
  })
})

async function anyDevice(story: Story, platform: Platform): Promise<{ device: string; address: string }> {
  if (platform === 'webpush') {
    const [subscription] = await subscriptions(story, 1)
    const device = await register(story, { platform, subscription })
    return { device, address: (subscription!.endpoint as string).split('/').at(-1)! }
  }
  const token = platform === 'fcm' ? fcmToken() : apnsToken()
  return { device: await register(story, { platform, token }), address: token }
}
