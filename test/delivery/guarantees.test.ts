import { describe, expect, it } from 'vitest'
import { control, deliveries, fcmToken, inbox, register, send, settled, tellStory } from './story.ts'

/** Accepted by the push service, and then the connection breaks before the answer. */
async function loseTheAnswerOf(token: string): Promise<void> {
  const effect = { kind: 'reset', when: 'after' }
  await control('POST', '/faults', { service: 'fcm', prefix: token, times: 1, effect })
}

describe('when the answer to a push is lost', () => {
  it('at_least_once sends it again with the same id, and the device can drop the second', async () => {
    const story = await tellStory(['fcm'])
    const token = fcmToken('lost')
    await loseTheAnswerOf(token)
    const device = await register(story, { platform: 'fcm', token })
    const id = await send(story, { to: { devices: [device] }, guarantee: 'at_least_once' })
    const { counts } = await settled(story, id)
    expect(counts).toMatchObject({ accepted: 1 })
    const arrivals = await inbox('fcm', token)
    expect(arrivals).toHaveLength(2)
    for (const arrival of arrivals) expect(JSON.stringify(arrival)).toContain(id)
  })

  it('at_most_once never sends it again, and says that it is unconfirmed', async () => {
    const story = await tellStory(['fcm'])
    const token = fcmToken('lost')
    await loseTheAnswerOf(token)
    const device = await register(story, { platform: 'fcm', token })
    const id = await send(story, { to: { devices: [device] }, guarantee: 'at_most_once' })
    const { counts } = await settled(story, id)
    expect(counts).toMatchObject({ failed: 1 })
    expect(await inbox('fcm', token)).toHaveLength(1)
    expect(await deliveries(story, id)).toMatchObject([{ status: 'failed', reason: 'unconfirmed' }])
  })

  it('at_most_once takes a 503 of FCM for one: it may have delivered', async () => {
    const story = await tellStory(['fcm'])
    const token = fcmToken('busy')
    const effect = { kind: 'status', status: 503, reason: 'UNAVAILABLE' }
    await control('POST', '/faults', { service: 'fcm', prefix: token, times: 1, effect })
    const device = await register(story, { platform: 'fcm', token })
    const { counts } = await settled(story, await send(story, { to: { devices: [device] }, guarantee: 'at_most_once' }))
    expect(counts).toMatchObject({ failed: 1 })
  })

  it('at_most_once still retries what the push service refused to take', async () => {
    const story = await tellStory(['fcm'])
    const token = fcmToken('busy')
    const effect = { kind: 'status', status: 429, reason: 'QUOTA_EXCEEDED' }
    await control('POST', '/faults', { service: 'fcm', prefix: token, times: 1, effect })
    const device = await register(story, { platform: 'fcm', token })
    const { counts } = await settled(story, await send(story, { to: { devices: [device] }, guarantee: 'at_most_once' }))
    expect(counts).toMatchObject({ accepted: 1 })
  })
})

describe('an answer that means something else than it says', () => {
  it('never retires a device because FCM called the request invalid', async () => {
    const story = await tellStory(['fcm'])
    const token = fcmToken('odd')
    const error = { code: 400, status: 'INVALID_ARGUMENT', message: 'Request contains an invalid argument.' }
    const effect = { kind: 'status', status: 400, body: JSON.stringify({ error }) }
    await control('POST', '/faults', { service: 'fcm', prefix: token, times: 1, effect })
    const device = await register(story, { platform: 'fcm', token })
    const first = await settled(story, await send(story, { to: { devices: [device] } }))
    expect(first.counts).toMatchObject({ failed: 1, unregistered: 0 })
    const second = await settled(story, await send(story, { to: { devices: [device] } }))
    expect(second.counts).toMatchObject({ accepted: 1 })
  })

  it('keeps a device that registered after APNs last called it dead', async () => {
    const story = await tellStory(['apns'])
    const token = `dead${crypto.randomUUID().replaceAll('-', '')}${'0'.repeat(28)}`
    const effect = { kind: 'unregistered', at: Date.now() - 60_000 }
    await control('POST', '/faults', { service: 'apns', prefix: token, times: 1, effect })
    const device = await register(story, { platform: 'apns', token })
    const first = await settled(story, await send(story, { to: { devices: [device] } }))
    expect(first.counts).toMatchObject({ unregistered: 1 })
    const second = await settled(story, await send(story, { to: { devices: [device] } }))
    expect(second.counts).toMatchObject({ targeted: 1, accepted: 1 })
  })
})
