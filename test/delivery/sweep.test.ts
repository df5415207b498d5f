/** What a shard forgets, and what it must not forget. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { shardNamed } from '../../durable-objects/stubs.ts'
import { ALL_SLOTS } from '../../push/shard-directory.ts'
import { call, fcmToken, register, send, settled, tellStory } from './story.ts'

/** The longest send may be completed after 28 days, and is kept for 30 more. */
const OLD_MS = 59 * 24 * 60 * 60 * 1000

it('a shard sweeps ledgers after 58 days, and memberships that no ledger can ask for any more', async () => {
  const story = await tellStory(['fcm'])
  const [left, stays] = [
    await register(story, { platform: 'fcm', token: fcmToken(), topics: ['news'] }),
    await register(story, { platform: 'fcm', token: fcmToken(), topics: ['news'] }),
  ]
  const old = await send(story, { to: { topic: 'news' } })
  await settled(story, old)
  await call('DELETE', `/v1/topics/news/devices/${left}`, story.key, undefined, 204)
  const fresh = await send(story, { to: { topic: 'news' } })
  await settled(story, fresh)
  const shard = env.SUBSCRIBER_SHARD.getByName(`${story.id}/news/0`)
  const rows = () =>
    runInDurableObject(shard, (_, { storage }) => {
      const count = (table: string) => storage.sql.exec<{ n: number }>(`select count(*) as n from ${table}`).one().n
      return { fanouts: count('fanout'), tickets: count('ticket'), members: count('member') }
    })
  expect(await rows()).toEqual({ fanouts: 2, tickets: 2, members: 2 })
  await runInDurableObject(shard, async (_, { storage }) => {
    storage.sql.exec('update fanout set opened_at = opened_at - ? where notification_id = ?', OLD_MS, old)
    storage.kv.delete('sweepAt')
    await storage.setAlarm(Date.now() + 60_000)
  })
  for (let ring = 0; ring < 5; ring++) await runDurableObjectAlarm(shard)
  expect(await rows()).toEqual({ fanouts: 1, tickets: 1, members: 1 })
  expect(await shardNamed(env, `${story.id}/news/0`).count(ALL_SLOTS)).toEqual({ kind: 'done', value: 1 })
  expect((await shardNamed(env, `${story.id}/news/0`).ledgerView(fresh))?.counts).toMatchObject({ accepted: 1 })
  expect(stays).not.toBe(left)
})
