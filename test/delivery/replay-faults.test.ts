/** A replay over a queue that loses, repeats and delays: everybody who was given up is sent to again exactly once. */
import { runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { afterEach, beforeAll, expect, it, vi } from 'vitest'
import { createNotification } from '../../durable-objects/notifications.ts'
import { notificationNamed } from '../../durable-objects/stubs.ts'
import { idTail } from '../../push/ids.ts'
import { topicOf } from '../../push/notification.ts'
import type { Replay } from '../../push/replay.ts'
import { BadQueue, type Mishap } from './bad-queue.ts'
import { control, fcmToken, inbox, look, register, type Story, send, settled, tellStory } from './story.ts'

const LEASE_MS = Number(env.LEASE_SECONDS) * 1000
/** How far ahead the replay is scheduled, so that its object can be robbed of its queues before it starts. */
const HEAD_START_MS = 5_000
const MOST_RINGS = 30

/** What FCM says to a request that is wrong, without a word about the device token. */
const ERROR = { code: 400, status: 'INVALID_ARGUMENT', message: 'Request contains an invalid argument.' }
const REFUSED = { kind: 'status', status: 400, body: JSON.stringify({ error: ERROR }) }

let story: Story

beforeAll(async () => {
  story = await tellStory(['fcm'])
})

afterEach(() => void vi.useRealTimers())

function passTime(ms: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms })
}

/** Three devices of which each refused the push once. */
async function giveUp(kind: 'topic' | 'devices'): Promise<{ id: string; topic: string; deviceTokens: string[] }> {
  const topic = crypto.randomUUID()
  const deviceTokens = [fcmToken(), fcmToken(), fcmToken()]
  const devices: string[] = []
  for (const token of deviceTokens) {
    await control('POST', '/faults', { service: 'fcm', prefix: token, times: 1, effect: REFUSED })
    devices.push(await register(story, { platform: 'fcm', token, topics: [topic] }))
  }
  const id = await send(story, { to: kind === 'topic' ? { topic } : { devices } })
  expect((await settled(story, id)).counts).toMatchObject({ failed: 3 })
  return { id, topic, deviceTokens }
}

/** As the API makes it, but for its time. */
async function replayLater(of: string): Promise<string> {
  const found = (await notificationNamed(env, story.id, of).replayable(null))!
  const { send: sent, pushId, kind, pieces, open: recipients, replayed: skipped } = found
  const topic = topicOf(sent.audience)
  const replay: Replay = { of, pushId, kind, topic, pieces, recipients, skipped }
  const now = Date.now()
  const audience = { kind: 'replay', replay } as const
  const outcome = await createNotification(env, {
    appId: story.id,
    send: { ...sent, audience, sendAt: now + HEAD_START_MS, ordered: false },
    idempotencyKey: null,
    bodyHash: '',
    sentBy: null,
    now,
  })
  if (outcome.kind !== 'created') throw new Error(`the replay was not created: ${outcome.kind}`)
  return outcome.id
}

const mishaps = fc.array(fc.constantFrom<Mishap>('passes', 'is lost', 'comes twice', 'comes late'), { maxLength: 6 })

it('a replay is opened and delivered whatever becomes of its messages', async () => {
  await fc.assert(
    fc.asyncProperty(mishaps, fc.constantFrom('topic', 'devices'), async (planned, kind) => {
      const { id, topic, deviceTokens } = await giveUp(kind)
      const again = await replayLater(id)
      const holder =
        kind === 'topic'
          ? env.SUBSCRIBER_SHARD.getByName(`${story.id}/${topic}/0`)
          : env.NOTIFICATION.getByName(`${story.id}/${idTail(id)}`)
      const stubs = [env.NOTIFICATION.getByName(`${story.id}/${idTail(again)}`), holder]
      const queue = new BadQueue(planned)
      for (const stub of stubs) await queue.stealFrom(stub)
      passTime(HEAD_START_MS)
      for (let ring = 0; (await look(story, again)).status !== 'completed'; ring++) {
        if (ring === MOST_RINGS) throw new Error(`not completed: ${JSON.stringify(await look(story, again))}`)
        for (const stub of stubs) await runDurableObjectAlarm(stub)
        if (ring % 3 === 2) await queue.bringLate()
        await new Promise((resolve) => setTimeout(resolve, 200))
        passTime(LEASE_MS + 1_000)
      }
      await queue.bringLate()
      vi.useRealTimers()
      expect((await look(story, again)).counts).toMatchObject({ targeted: 3, accepted: 3, pending: 0 })
      expect((await look(story, id)).counts).toMatchObject({ targeted: 3, failed: 3, pending: 0 })
      for (const token of deviceTokens) {
        expect((await inbox('fcm', token)).filter(({ accepted }) => accepted)).toHaveLength(1)
      }
    }),
    { numRuns: 6 },
  )
}, 120_000)
