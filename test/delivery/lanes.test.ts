/** What stands still in one lane does not stand in the way of another. */
import { describe, expect, it } from 'vitest'
import {
  apnsToken,
  control,
  fcmToken,
  inbox,
  look,
  type Platform,
  register,
  type Story,
  send,
  settled,
  tellStory,
} from './story.ts'

/** More tickets than the consumer of a lane takes at a time. */
const CAMPAIGNS = 20

/** Devices whose push service takes the request and never answers. */
async function hang(service: Platform, prefix: string): Promise<void> {
  await control('POST', '/faults', { service, prefix, effect: { kind: 'hang' } })
}

/** Sends to a topic again and again, and waits until the first push of them hangs. */
async function fillLane(story: Story, service: Platform, deviceToken: string): Promise<string> {
  await register(story, { platform: service, token: deviceToken, topics: [service] })
  let id = ''
  for (let sent = 0; sent < CAMPAIGNS; sent++) id = await send(story, { to: { topic: service } })
  await expect.poll(() => inbox(service, deviceToken), { timeout: 10_000 }).not.toHaveLength(0)
  return id
}

describe('a one-time code', () => {
  it('arrives while campaigns stand still in every ordinary lane and another service does not answer', async () => {
    const story = await tellStory(['fcm', 'apns'])
    const [slowPhone, slowTablet, deadPhone, phone] = [fcmToken('stuck'), apnsToken('57'), apnsToken('58'), fcmToken()]
    await hang('fcm', slowPhone)
    await hang('apns', slowTablet)
    await hang('apns', deadPhone)
    const campaigns = [await fillLane(story, 'fcm', slowPhone), await fillLane(story, 'apns', slowTablet)]
    const unanswered = await register(story, { platform: 'apns', token: deadPhone })
    const other = await send(story, { to: { devices: [unanswered] }, priority: 'high' })
    await expect.poll(() => inbox('apns', deadPhone), { timeout: 10_000 }).not.toHaveLength(0)
    const device = await register(story, { platform: 'fcm', token: phone })
    const code = await settled(story, await send(story, { to: { devices: [device] }, priority: 'high' }))
    expect(code.counts).toMatchObject({ accepted: 1 })
    for (const id of [...campaigns, other]) expect((await look(story, id)).counts).toMatchObject({ pending: 1 })
  })
})
