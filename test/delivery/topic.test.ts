import { describe, expect, it } from 'vitest'
import {
  apnsToken,
  call,
  control,
  deliveries,
  fcmToken,
  inbox,
  register,
  send,
  settled,
  subscriptions,
  tellStory,
} from './story.ts'

describe('a send to a topic', () => {
  it('reaches every subscriber over its own push service and is accounted for', async () => {
    const story = await tellStory()
    const fcm = fcmToken()
    const apns = apnsToken()
    const [subscription] = await subscriptions(story, 1)
    await register(story, { platform: 'fcm', token: fcm, topics: ['news'] })
    await register(story, { platform: 'apns', token: apns, topics: ['news'] })
    await register(story, { platform: 'webpush', subscription, topics: ['news'] })
    const id = await send(story, { to: { topic: 'news' }, title: 'Extra', body: 'Read all about it' })
    const { counts, by_platform } = await settled(story, id)
    expect(counts).toMatchObject({ targeted: 3, accepted: 3, pending: 0 })
    expect(by_platform).toMatchObject({ fcm: { accepted: 1 }, apns: { accepted: 1 }, webpush: { accepted: 1 } })
    expect(await inbox('fcm', fcm)).toHaveLength(1)
    expect(await inbox('apns', apns)).toHaveLength(1)
    const arrived = await inbox('webpush', (subscription!.endpoint as string).split('/').pop()!)
    expect(JSON.stringify(arrived)).toContain(id)
    expect(await deliveries(story, id)).toHaveLength(3)
  })

  it('to nobody is completed at once', async () => {
    const story = await tellStory(['fcm'])
    const { counts } = await settled(story, await send(story, { to: { topic: 'empty' } }))
    expect(counts.targeted).toBe(0)
  })

  it('fails recipients of a platform without credentials, visibly', async () => {
    const story = await tellStory(['fcm'])
    await register(story, { platform: 'fcm', token: fcmToken(), topics: ['news'] })
    await register(story, { platform: 'apns', token: apnsToken(), topics: ['news'] })
    const id = await send(story, { to: { topic: 'news' } })
    const { counts } = await settled(story, id)
    expect(counts).toMatchObject({ accepted: 1, failed: 1 })
    expect(await deliveries(story, id, '?status=failed')).toMatchObject([
      { reason: 'no_credentials', platform: 'apns' },
    ])
  })

  it('retries what a push service could not take, and gets it there once', async () => {
    const story = await tellStory(['fcm'])
    const token = fcmToken('busy')
    const { id: fault } = await control('POST', '/faults', {
      service: 'fcm',
      prefix: token,
      times: 2,
      effect: { kind: 'status', status: 503, reason: 'UNAVAILABLE' },
    })
    const device = await register(story, { platform: 'fcm', token, topics: ['news'] })
    const id = await send(story, { to: { topic: 'news' } })
    const { counts } = await settled(story, id)
    expect(counts).toMatchObject({ accepted: 1 })
    expect((await inbox('fcm', token)).filter((arrival) => arrival.accepted !== false)).toHaveLength(1)
    expect(await deliveries(story, id, `?device_id=${device}`)).toMatchObject([{ status: 'accepted', attempts: 3 }])
    await control('DELETE', `/faults/${fault}`)
  })

  it('retires a device that the push service calls dead, in every topic', async () => {
    const story = await tellStory(['fcm'])
    const token = fcmToken('dead')
    await control('POST', '/faults', { service: 'fcm', prefix: token, effect: { kind: 'unregistered' } })
    await register(story, { platform: 'fcm', token, topics: ['news', 'sports'] })
    const first = await settled(story, await send(story, { to: { topic: 'news' } }))
    expect(first.counts).toMatchObject({ targeted: 1, unregistered: 1 })
    const second = await settled(story, await send(story, { to: { topic: 'sports' } }))
    expect(second.counts.targeted).toBe(0)
    expect(await call('GET', '/v1/topics/news', story.key)).toMatchObject({ subscribers: 0 })
  })
})
