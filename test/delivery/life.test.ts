import { describe, expect, it } from 'vitest'
import { call, control, deliveries, fcmToken, inbox, look, register, send, settled, tellStory, until } from './story.ts'

describe('the life of a notification', () => {
  it('starts a scheduled send when its time has come', async () => {
    const story = await tellStory(['fcm'])
    const token = fcmToken()
    const device = await register(story, { platform: 'fcm', token })
    const send_at = new Date(Date.now() + 1_500).toISOString()
    const id = await send(story, { to: { devices: [device] }, send_at })
    expect((await look(story, id)).status).toBe('scheduled')
    expect(await inbox('fcm', token)).toHaveLength(0)
    expect((await settled(story, id)).counts).toMatchObject({ accepted: 1 })
  })

  it('cancels a scheduled send before anybody is targeted', async () => {
    const story = await tellStory(['fcm'])
    const device = await register(story, { platform: 'fcm', token: fcmToken() })
    const send_at = new Date(Date.now() + 60_000).toISOString()
    const id = await send(story, { to: { devices: [device] }, send_at })
    const canceled = await call('POST', `/v1/notifications/${id}/cancel`, story.key, undefined, 200)
    expect(canceled).toMatchObject({ status: 'canceled', counts: { targeted: 0 } })
  })

  it('cancels what waits for a retry, and keeps what was accepted', async () => {
    const story = await tellStory(['fcm'])
    const busy = fcmToken('busy')
    const effect = { kind: 'status', status: 503, reason: 'UNAVAILABLE', retry_after: 3600 }
    await control('POST', '/faults', { service: 'fcm', prefix: busy, effect })
    await register(story, { platform: 'fcm', token: busy, topics: ['news'] })
    await register(story, { platform: 'fcm', token: fcmToken(), topics: ['news'] })
    const id = await send(story, { to: { topic: 'news' } })
    await until(story, id, ({ counts }) => counts.accepted === 1 && counts.pending === 1)
    await call('POST', `/v1/notifications/${id}/cancel`, story.key, undefined, 200)
    const { counts } = await until(story, id, (seen) => seen.status === 'canceled' && seen.counts.pending === 0)
    expect(counts).toMatchObject({ accepted: 1, canceled: 1 })
    expect(await deliveries(story, id, '?status=canceled')).toMatchObject([{ attempts: 1 }])
  })

  it('settles as expired what a named wait would carry past its life', async () => {
    const story = await tellStory(['fcm'])
    const token = fcmToken('late')
    const effect = { kind: 'status', status: 503, reason: 'UNAVAILABLE', retry_after: 7200 }
    await control('POST', '/faults', { service: 'fcm', prefix: token, effect })
    const device = await register(story, { platform: 'fcm', token })
    const { counts } = await settled(story, await send(story, { to: { devices: [device] }, ttl_seconds: 3600 }))
    expect(counts).toMatchObject({ expired: 1 })
  })

  it('is unknown to another app', async () => {
    const [mine, theirs] = [await tellStory(['fcm']), await tellStory(['fcm'])]
    const id = await send(mine, { to: { topic: 'news' } })
    await call('GET', `/v1/notifications/${id}`, theirs.key, undefined, 404)
    await call('POST', `/v1/notifications/${id}/cancel`, theirs.key, undefined, 404)
  })
})
