/** A topic, a credential or an app is deleted while a send is under way: everybody settles once, and nobody twice. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { NotificationView } from '../../durable-objects/rpc.ts'
import { notificationNamed } from '../../durable-objects/stubs.ts'
import {
  call,
  control,
  deliveries,
  expectBalance,
  fcmToken,
  inbox,
  look,
  register,
  type Story,
  send,
  settled,
  tellStory,
  until,
} from './story.ts'

interface UnderWay {
  readonly story: Story
  readonly id: string
  /** Reached at the first attempt, and told to come back later. */
  readonly reached: string
  readonly waiting: string
  /** Lets the push service take everything. */
  heal(): Promise<void>
}

/** A send to a topic of two, of whom one is reached and one has to wait. */
async function sendToTwo(retryAfterSeconds: number): Promise<UnderWay> {
  const story = await tellStory(['fcm'])
  const [reached, waiting] = [fcmToken(), fcmToken('busy')]
  const effect = { kind: 'status', status: 503, reason: 'UNAVAILABLE', retry_after: retryAfterSeconds }
  const { id: fault } = await control('POST', '/faults', { service: 'fcm', prefix: waiting, effect })
  await register(story, { platform: 'fcm', token: reached, topics: ['news'] })
  await register(story, { platform: 'fcm', token: waiting, topics: ['news'] })
  const id = await send(story, { to: { topic: 'news' } })
  await until(story, id, ({ counts }) => counts.accepted === 1 && counts.pending === 1)
  const heal = async () => void (await control('DELETE', `/faults/${fault}`))
  return { story, id, reached, waiting, heal }
}

const arrivals = async (token: string) => (await inbox('fcm', token)).length

/** Asks the object itself: nobody has a key of a deleted app. */
async function viewOf({ story, id }: UnderWay): Promise<NotificationView> {
  const view = (await notificationNamed(env, story.id, id).view())!
  expectBalance({ ...view.counts })
  return view
}

describe('a topic that is deleted during its send', () => {
  it('suppresses whoever was not reached yet, and no later send reaches anybody', async () => {
    const { story, id, reached, waiting, heal } = await sendToTwo(1)
    await call('DELETE', '/v1/topics/news', story.key, undefined, 204)
    await heal()
    const { counts } = await settled(story, id)
    expect(counts).toMatchObject({ targeted: 2, accepted: 1, suppressed: 1 })
    expect(await deliveries(story, id, '?status=suppressed')).toMatchObject([{ reason: 'left_audience' }])
    const later = await settled(story, await send(story, { to: { topic: 'news' } }))
    expect(later.counts.targeted).toBe(0)
    expect([await arrivals(reached), await arrivals(waiting)]).toEqual([1, 1])
  })
})

describe('a credential that is deleted during a send', () => {
  it('leaves recipients pending until there is one again, and then each gets it once', async () => {
    const { story, id, reached, waiting, heal } = await sendToTwo(1)
    const path = `/v1/apps/${story.id}/credentials/fcm`
    await call('DELETE', path, env.ROOT_KEY!, undefined, 204)
    await heal()
    await expect.poll(() => pauses(story, id), { timeout: 10_000 }).toMatchObject([{ reason: 'no_credentials' }])
    expect((await look(story, id)).counts).toMatchObject({ accepted: 1, pending: 1 })
    expect([await arrivals(reached), await arrivals(waiting)]).toEqual([1, 1])
    const account = await control('POST', '/fcm/service-accounts', { project_id: `again-${story.id.slice(-8)}` })
    await call('PUT', path, env.ROOT_KEY!, { service_account: account }, 200)
    expect((await settled(story, id)).counts).toMatchObject({ targeted: 2, accepted: 2 })
    expect([await arrivals(reached), await arrivals(waiting)]).toEqual([1, 2])
  })
})

describe('an app that is deleted during a send', () => {
  it('fails whoever was not reached yet, and its ledger balances', async () => {
    const underWay = await sendToTwo(1)
    const { story, reached, waiting, heal } = underWay
    await call('DELETE', `/v1/apps/${story.id}`, env.ROOT_KEY!, undefined, 204)
    await heal()
    expect((await call('GET', '/v1/topics', story.key)).code).toBe('unauthorized')
    await expect.poll(async () => (await viewOf(underWay)).status, { timeout: 20_000 }).toBe('completed')
    expect((await viewOf(underWay)).counts).toMatchObject({ targeted: 2, accepted: 1, failed: 1, pending: 0 })
    expect([await arrivals(reached), await arrivals(waiting)]).toEqual([1, 1])
  })
})

/** What the notification says of push services that are paused. */
async function pauses(story: Story, id: string): Promise<unknown> {
  return (await call('GET', `/v1/notifications/${id}`, story.key, undefined, 200)).paused
}
