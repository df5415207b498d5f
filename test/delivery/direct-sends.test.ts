import { describe, expect, it } from 'vitest'
import { call, control, deliveries, fcmToken, inbox, register, send, settled, tellStory } from './story.ts'

describe('a send to users', () => {
  it('reaches all devices of each user and nobody else', async () => {
    const story = await tellStory(['fcm'])
    const [phone, tablet, other] = [fcmToken(), fcmToken(), fcmToken()]
    await register(story, { platform: 'fcm', token: phone, user_id: 'ada' })
    await register(story, { platform: 'fcm', token: tablet, user_id: 'ada' })
    await register(story, { platform: 'fcm', token: other, user_id: 'bob' })
    const { counts } = await settled(story, await send(story, { to: { users: ['ada', 'nobody'] } }))
    expect(counts).toMatchObject({ targeted: 2, accepted: 2 })
    expect(await inbox('fcm', phone)).toHaveLength(1)
    expect(await inbox('fcm', tablet)).toHaveLength(1)
    expect(await inbox('fcm', other)).toHaveLength(0)
  })

  it('follows a device to its new user', async () => {
    const story = await tellStory(['fcm'])
    const token = fcmToken()
    await register(story, { platform: 'fcm', token, user_id: 'ada' })
    await register(story, { platform: 'fcm', token, user_id: 'bob' })
    const ada = await settled(story, await send(story, { to: { users: ['ada'] } }))
    const bob = await settled(story, await send(story, { to: { users: ['bob'] } }))
    expect([ada.counts.targeted, bob.counts.targeted]).toEqual([0, 1])
  })
})

describe('a send to devices', () => {
  it('travels in the urgent lane when its priority is high, and is accounted for per device', async () => {
    const story = await tellStory(['fcm'])
    const device = await register(story, { platform: 'fcm', token: fcmToken() })
    const id = await send(story, { to: { devices: [device] }, priority: 'high' })
    await settled(story, id)
    expect(await deliveries(story, id)).toMatchObject([{ device_id: device, status: 'accepted', attempts: 1 }])
  })

  it('never uses an address that was rotated while the send waited for a retry', async () => {
    const story = await tellStory(['fcm'])
    const [old, fresh] = [fcmToken('rotated'), fcmToken()]
    await control('POST', '/faults', {
      service: 'fcm',
      prefix: old,
      effect: { kind: 'status', status: 503, reason: 'UNAVAILABLE', retry_after: 6 },
    })
    const device = await register(story, { platform: 'fcm', token: old })
    const id = await send(story, { to: { devices: [device] } })
    await expect.poll(() => inbox('fcm', old), { timeout: 5_000 }).toHaveLength(1)
    await call('PATCH', `/v1/devices/${device}`, story.key, { token: fresh }, 200)
    const { counts } = await settled(story, id)
    expect(counts).toMatchObject({ accepted: 1 })
    expect(await inbox('fcm', fresh)).toHaveLength(1)
    expect(await inbox('fcm', old)).toHaveLength(1)
  })

  it('counts what a device reports once, beside the ledger', async () => {
    const story = await tellStory(['fcm'])
    const registered = await call('POST', '/v1/devices', story.key, { platform: 'fcm', token: fcmToken() }, 201)
    const id = await send(story, { to: { devices: [registered.id] } })
    await settled(story, id)
    const at = new Date().toISOString()
    const events = ['delivered', 'opened', 'opened'].map((event) => ({ notification_id: id, event, at }))
    await call('POST', '/v1/receipts', registered.device_key as string, { events })
    await call('POST', '/v1/receipts', registered.device_key as string, { events })
    const { counts } = await settled(story, id)
    expect(counts).toMatchObject({ accepted: 1, delivered: 1, opened: 1, clicked: 0 })
  })
})
