/** Finding the fan-outs that still want something among those that are kept for questions only. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { closedFanout } from '../../durable-objects/open-fanout.ts'
import { type FanoutState, insertFanout, readUnreportedFanouts, updateFanout } from '../../schema/ledger/fanouts.ts'

/** More than are read again and again. */
const REPORTED = 150

it('those that are open are found, whenever they were created, and what is over is not read each time', async () => {
  const shard = env.SUBSCRIBER_SHARD.getByName('app_open/news/0')
  await runInDurableObject(shard, (_, { storage }) => {
    const put = (id: string, state: FanoutState) => {
      insertFanout(storage, { ...closedFanout(id, 'app_open', 0), state })
    }
    const settle = (id: string) => {
      updateFanout(storage.sql, { ...closedFanout(id, 'app_open', 0), state: 'reported' })
    }
    const find = () => readUnreportedFanouts(storage).map(({ notificationId }) => notificationId)
    for (let count = 0; count < REPORTED; count++) put(`ntf_b${1000 + count}`, 'reported')
    put('ntf_c1', 'sending')
    put('ntf_c2', 'done')
    put('ntf_c3', 'reported')
    expect(find()).toEqual(['ntf_c1', 'ntf_c2'])
    expect(storage.kv.get('openFrom')).toBe('ntf_c1')
    expect(find()).toEqual(['ntf_c1', 'ntf_c2'])
    put('ntf_a1', 'opening')
    expect(find()).toEqual(['ntf_a1', 'ntf_c1', 'ntf_c2'])
    for (const id of ['ntf_a1', 'ntf_c1', 'ntf_c2']) settle(id)
    expect(find()).toEqual([])
    put('ntf_c4', 'sending')
    expect(find()).toEqual(['ntf_c4'])
  })
})
