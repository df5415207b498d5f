/** Recipients that were given up: they are listed with their history, and sent to again once. */
import { runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import {
  apnsToken,
  call,
  control,
  deliveries,
  fcmToken,
  inbox,
  type Json,
  look,
  register,
  type Story,
  send,
  settled,
  tellStory,
} from './story.ts'

/** What FCM says to a request that is wrong, without a word about the device token. */
const ERROR = { code: 400, status: 'INVALID_ARGUMENT', message: 'Request contains an invalid argument.' }
const REFUSED = { kind: 'status', status: 400, body: JSON.stringify({ error: ERROR }) }

/** The push service refuses what goes to the device token, so many times. */
async function refuse(token: string, times = 1): Promise<void> {
  await control('POST', '/faults', { service: 'fcm', prefix: token, times, effect: REFUSED })
}

async function letters(story: Story, query = ''): Promise<Json[]> {
  return (await call('GET', `/v1/dead-letters${query}`, story.key, undefined, 200)).data as Json[]
}

interface Replays {
  readonly data: readonly { readonly id: string; readonly replay_of: string; readonly recipients: number }[]
  readonly skipped: number
}

async function replay(story: Story, body: Json, expected = 202): Promise<Replays> {
  return (await call('POST', '/v1/dead-letters/replay', story.key, body, expected)) as unknown as Replays
}

/** A topic with devices of which the last ones were given up. */
async function sendToTopic(story: Story, { reached, refused }: { reached: number; refused: number }) {
  const topic = crypto.randomUUID()
  const tokens = Array.from({ length: reached + refused }, () => fcmToken())
  for (const token of tokens.slice(reached)) await refuse(token)
  for (const token of tokens) await register(story, { platform: 'fcm', token, topics: [topic] })
  const id = await send(story, { to: { topic } })
  await settled(story, id)
  return { id, topic, reached: tokens.slice(0, reached), refused: tokens.slice(reached) }
}

async function arrivalsAt(tokens: readonly string[]): Promise<number[]> {
  const arrived = await Promise.all(tokens.map((token) => inbox('fcm', token)))
  return arrived.map((pushes) => pushes.filter((push) => push.accepted).length)
}

/** Rings the first shard's alarm until the topic has two shards. */
async function untilSplit(story: Story, topic: string): Promise<void> {
  const shard = env.SUBSCRIBER_SHARD.getByName(`${story.id}/${topic}/0`)
  const shards = async () => (await call('GET', `/v1/topics/${topic}`, story.key, undefined, 200)).shards
  await expect
    .poll(
      async () => {
        await runDurableObjectAlarm(shard)
        return await shards()
      },
      { timeout: 20_000 },
    )
    .toBe(2)
}

describe('a dead letter', () => {
  it('is listed with why, and every attempt before', async () => {
    const story = await tellStory(['fcm'])
    const token = fcmToken('busy')
    const busy = { kind: 'status', status: 503, reason: 'UNAVAILABLE' }
    await control('POST', '/faults', { service: 'fcm', prefix: token, times: 2, effect: busy })
    await refuse(token)
    const device = await register(story, { platform: 'fcm', token, user_id: 'ann' })
    const id = await send(story, { to: { devices: [device] } })
    await settled(story, id)
    const [letter, ...others] = await letters(story, `?notification_id=${id}`)
    expect(others).toEqual([])
    expect(letter).toEqual({
      id: expect.stringMatching(/^dlq_/),
      notification_id: id,
      device_id: device,
      user_id: 'ann',
      platform: 'fcm',
      status: 'failed',
      reason: 'INVALID_ARGUMENT',
      attempts: 3,
      history: ['UNAVAILABLE', 'UNAVAILABLE', 'INVALID_ARGUMENT'].map((reason) => ({ at: expect.any(String), reason })),
      failed_at: expect.any(String),
      replayed_by: null,
    })
    expect(await deliveries(story, id)).toMatchObject([{ history: (letter as Json).history }])
  })

  it('is found among those of all notifications, the newest first, by what is asked for', async () => {
    const story = await tellStory(['fcm'])
    const first = await sendToTopic(story, { reached: 1, refused: 2 })
    await sendToTopic(story, { reached: 1, refused: 0 })
    const second = await sendToTopic(story, { reached: 0, refused: 1 })
    const ids = async (query: string) => (await letters(story, query)).map((letter) => letter.notification_id)
    expect(await ids('')).toEqual([second.id, first.id, first.id])
    expect(await ids('?platform=apns')).toEqual([])
    expect(await ids('?reason=INVALID_ARGUMENT&replayed=false')).toHaveLength(3)
    expect(await ids('?reason=unconfirmed')).toEqual([])
    const { device_id } = (await letters(story))[1]!
    expect(await ids(`?device_id=${device_id}`)).toEqual([first.id])
    const page = await call('GET', '/v1/dead-letters?limit=2', story.key, undefined, 200)
    expect((page.data as Json[]).map((letter) => letter.notification_id)).toEqual([second.id, first.id])
    expect(await ids(`?limit=2&cursor=${page.next_cursor}`)).toEqual([first.id])
  })

  it("is nobody else's", async () => {
    const [story, stranger] = [await tellStory(['fcm']), await tellStory(['fcm'])]
    const { id } = await sendToTopic(story, { reached: 0, refused: 1 })
    const [letter] = await letters(story)
    expect(await letters(stranger)).toEqual([])
    await call('GET', `/v1/dead-letters?notification_id=${id}`, stranger.key, undefined, 404)
    await replay(stranger, { notification_id: id }, 404)
    await replay(stranger, { ids: [(letter as Json).id] }, 404)
  })
})

describe('replaying', () => {
  it('sends to those who were given up, and to nobody else, as the same push', async () => {
    const story = await tellStory(['fcm'])
    const { id, reached, refused } = await sendToTopic(story, { reached: 3, refused: 2 })
    const answer = await replay(story, { notification_id: id })
    expect(answer).toMatchObject({ data: [{ id: expect.any(String), replay_of: id, recipients: 2 }], skipped: 0 })
    const again = answer.data[0]!.id
    const { counts } = await settled(story, again)
    expect(counts).toMatchObject({ targeted: 2, accepted: 2, pending: 0 })
    expect(await arrivalsAt([...reached, ...refused])).toEqual([1, 1, 1, 1, 1])
    for (const token of refused) {
      const pushes = await inbox('fcm', token)
      expect(pushes.map((push) => ((push.payload as Json).data as Json).fanfare_id)).toEqual([id, id])
    }
    expect((await look(story, id)).counts).toMatchObject({ targeted: 5, accepted: 3, failed: 2 })
    expect((await letters(story)).map((letter) => letter.replayed_by)).toEqual([again, again])
    expect(await letters(story, '?replayed=false')).toEqual([])
    expect(await deliveries(story, again)).toMatchObject([{ status: 'accepted' }, { status: 'accepted' }])
    const view = await call('GET', `/v1/notifications/${again}`, story.key, undefined, 200)
    expect(view.replay_of).toBe(id)
  })

  it('takes each dead letter once, however often and in however many requests at a time it is asked for', async () => {
    const story = await tellStory(['fcm'])
    const { id, refused } = await sendToTopic(story, { reached: 1, refused: 3 })
    const answers = await Promise.all([1, 2, 3].map(() => replay(story, { notification_id: id })))
    for (const again of answers.flatMap(({ data }) => data)) await settled(story, again.id)
    expect(await arrivalsAt(refused)).toEqual([1, 1, 1])
    expect(await replay(story, { notification_id: id })).toMatchObject({ data: [], skipped: 3 })
  })

  it('takes some of several notifications, one replay each', async () => {
    const story = await tellStory(['fcm'])
    const first = await sendToTopic(story, { reached: 0, refused: 2 })
    const second = await sendToTopic(story, { reached: 1, refused: 1 })
    const all = await letters(story)
    const [one] = all.filter((letter) => letter.notification_id === first.id)
    const [two] = all.filter((letter) => letter.notification_id === second.id)
    const { data, skipped } = await replay(story, { ids: [one!.id, two!.id, one!.id] })
    expect(skipped).toBe(0)
    expect(data.map(({ replay_of, recipients }) => [replay_of, recipients]).toSorted()).toEqual(
      [
        [first.id, 1],
        [second.id, 1],
      ].toSorted(),
    )
    for (const { id } of data) expect((await settled(story, id)).counts).toMatchObject({ targeted: 1, accepted: 1 })
    expect((await arrivalsAt(first.refused)).toSorted()).toEqual([0, 1])
    expect(await replay(story, { ids: all.map((letter) => letter.id) })).toMatchObject({
      data: [{ replay_of: first.id, recipients: 1 }],
      skipped: 2,
    })
  })

  it('of a replay sends to those who failed again, as the push that was sent first', async () => {
    const story = await tellStory(['fcm'])
    const [reached, refused] = [fcmToken(), fcmToken()]
    await refuse(reached)
    await refuse(refused, 2)
    const devices = []
    for (const token of [reached, refused]) devices.push(await register(story, { platform: 'fcm', token }))
    const id = await send(story, { to: { devices } })
    await settled(story, id)
    const second = (await replay(story, { notification_id: id })).data[0]!.id
    expect((await settled(story, second)).counts).toMatchObject({ targeted: 2, accepted: 1, failed: 1 })
    const third = await replay(story, { notification_id: second })
    expect(third.data).toMatchObject([{ replay_of: second, recipients: 1 }])
    expect((await settled(story, third.data[0]!.id)).counts).toMatchObject({ targeted: 1, accepted: 1 })
    expect(await arrivalsAt([reached, refused])).toEqual([1, 1])
    expect(JSON.stringify((await inbox('fcm', refused)).at(-1)!.payload)).toContain(id)
    expect(await letters(story)).toMatchObject([
      { notification_id: second, replayed_by: third.data[0]!.id },
      { notification_id: id, replayed_by: second },
      { notification_id: id, replayed_by: second },
    ])
  })

  it('carries the same apns-id and collapse id', async () => {
    const story = await tellStory(['apns'])
    const token = apnsToken()
    const effect = { kind: 'status', status: 413, reason: 'PayloadTooLarge' }
    await control('POST', '/faults', { service: 'apns', prefix: token, times: 1, effect })
    const device = await register(story, { platform: 'apns', token })
    const id = await send(story, { to: { devices: [device] }, collapse_key: 'score' })
    await settled(story, id)
    await settled(story, (await replay(story, { notification_id: id })).data[0]!.id)
    const pushes = await inbox('apns', token)
    const idsOf = ({ headers }: Json) => [(headers as Json)['apns-id'], (headers as Json)['apns-collapse-id']]
    expect(pushes).toHaveLength(2)
    expect(idsOf(pushes[1]!)).toEqual(idsOf(pushes[0]!))
    expect(idsOf(pushes[0]!)[1]).toBe('score')
  })

  it('reaches everybody of a platform that had no credential, once it has one', async () => {
    const story = await tellStory([])
    const topic = 'early'
    const tokens = [fcmToken(), fcmToken(), fcmToken()]
    for (const token of tokens) await register(story, { platform: 'fcm', token, topics: [topic] })
    const id = await send(story, { to: { topic } })
    expect((await settled(story, id)).counts).toMatchObject({ targeted: 3, failed: 3 })
    const [one] = await letters(story)
    const alone = await replay(story, { ids: [one!.id] })
    expect((await settled(story, alone.data[0]!.id)).counts).toMatchObject({ targeted: 1, failed: 1 })
    const account = await control('POST', '/fcm/service-accounts', { project_id: `late-${story.id.slice(-8)}` })
    await call('PUT', `/v1/apps/${story.id}/credentials/fcm`, story.key, { service_account: account }, 200)
    const rest = await replay(story, { notification_id: id })
    expect(rest).toMatchObject({ data: [{ recipients: 2 }], skipped: 1 })
    expect((await settled(story, rest.data[0]!.id)).counts).toMatchObject({ targeted: 2, accepted: 2 })
    const last = await replay(story, { notification_id: alone.data[0]!.id })
    expect((await settled(story, last.data[0]!.id)).counts).toMatchObject({ targeted: 1, accepted: 1 })
    expect(await arrivalsAt(tokens)).toEqual([1, 1, 1])
    expect(await letters(story, '?replayed=false')).toEqual([])
  })

  it('suppresses who has left since', async () => {
    const story = await tellStory(['fcm'])
    const { id, topic, refused } = await sendToTopic(story, { reached: 0, refused: 2 })
    const [gone] = await letters(story)
    await call('DELETE', `/v1/topics/${topic}/devices/${gone!.device_id}`, story.key, undefined, 204)
    const again = (await replay(story, { notification_id: id })).data[0]!.id
    expect((await settled(story, again)).counts).toMatchObject({ targeted: 2, accepted: 1, suppressed: 1 })
    expect((await arrivalsAt(refused)).toSorted()).toEqual([0, 1])
  })

  it('reaches those whose slots another shard owns by now, as they are now', async () => {
    const story = await tellStory(['fcm'])
    const topic = 'news'
    const tokens = Array.from({ length: Number(env.SHARD_SPLIT_MEMBERS) }, () => fcmToken())
    await Promise.all(tokens.map((token) => refuse(token)))
    const devices = await Promise.all(
      tokens.map((token) => register(story, { platform: 'fcm', token, topics: [topic] })),
    )
    const id = await send(story, { to: { topic } })
    expect((await settled(story, id)).counts).toMatchObject({ failed: tokens.length })
    await register(story, { platform: 'fcm', token: fcmToken(), topics: [topic] })
    await untilSplit(story, topic)
    await call('DELETE', `/v1/topics/${topic}/devices/${devices.at(0)}`, story.key, undefined, 204)
    await call('DELETE', `/v1/topics/${topic}/devices/${devices.at(-1)}`, story.key, undefined, 204)
    const rotated = fcmToken()
    await call('PATCH', `/v1/devices/${devices[1]}`, story.key, { token: rotated }, 200)
    const again = (await replay(story, { notification_id: id })).data[0]!.id
    const { counts } = await settled(story, again)
    expect(counts).toMatchObject({ targeted: tokens.length, accepted: tokens.length - 2, suppressed: 2 })
    const expected = tokens.map((_, index) => (index <= 1 || index === tokens.length - 1 ? 0 : 1))
    expect(await arrivalsAt([...tokens, rotated])).toEqual([...expected, 1])
  })

  it('answers plainly where nobody was given up', async () => {
    const story = await tellStory(['fcm'])
    const { id } = await sendToTopic(story, { reached: 1, refused: 0 })
    expect(await replay(story, { notification_id: id })).toMatchObject({ data: [], skipped: 0 })
  })
})
