import { describe, expect, it } from 'vitest'
import { FanfareError } from './api.ts'
import { keepProof } from './proofs.ts'
import { BATCH_LIMIT, enqueueReceipt, flushReceipts, QUEUE_LIMIT, type Receipt } from './report.ts'
import { memoryStore } from './store.fixture.ts'

const delivered = (id: string): Receipt => ({ notification_id: id, event: 'delivered', at: '2026-11-23T08:00:00.000Z' })

/** A queue with these receipts, and the batches that were posted from it; `failWith` is thrown by each post. */
async function queueOf(receipts: Receipt[], failWith: (FanfareError | null)[] = []) {
  const store = memoryStore()
  for (const receipt of receipts) await enqueueReceipt(store, receipt)
  const posted: Receipt[][] = []
  const flush = () =>
    flushReceipts(store, async (batch) => {
      posted.push(batch)
      const error = failWith.shift() ?? null
      if (error !== null) throw error
    })
  return { store, posted, flush }
}

describe('receipts', () => {
  it('are sent oldest first and only once', async () => {
    const { posted, flush } = await queueOf([delivered('ntf_1'), delivered('ntf_2')])
    await flush()
    await flush()
    expect(posted).toEqual([[delivered('ntf_1'), delivered('ntf_2')]])
  })

  it('count once when the same event is reported twice, with the time of the first', async () => {
    const { posted, flush } = await queueOf([delivered('ntf_1'), { ...delivered('ntf_1'), at: '2026-11-23T09:00:00Z' }])
    await flush()
    expect(posted).toEqual([[delivered('ntf_1')]])
  })

  it('carry the signature of their push where it had one', async () => {
    const { store, posted, flush } = await queueOf([delivered('ntf_1')])
    await keepProof(store, 'ntf_2', 'a.b.c')
    await enqueueReceipt(store, delivered('ntf_2'))
    await flush()
    expect(posted).toEqual([[delivered('ntf_1'), { ...delivered('ntf_2'), proof: 'a.b.c' }]])
  })

  it('wait for the next attempt while the API cannot be reached', async () => {
    const unreachable = new FanfareError('network', 'unreachable', { retry: 'backoff' })
    const { posted, flush } = await queueOf([delivered('ntf_1')], [unreachable])
    await flush()
    await flush()
    expect(posted).toEqual([[delivered('ntf_1')], [delivered('ntf_1')]])
  })

  it('are let go of when the API will never take them', async () => {
    const refusal = new FanfareError('unauthorized', 'unknown device key', { status: 401 })
    const { posted, flush } = await queueOf([delivered('ntf_1')], [refusal])
    await flush()
    await flush()
    expect(posted).toEqual([[delivered('ntf_1')]])
  })

  it('leave in batches that the API takes', async () => {
    const { posted, flush } = await queueOf(Array.from({ length: BATCH_LIMIT + 1 }, (_, i) => delivered(`ntf_${i}`)))
    await flush()
    expect(posted.map((batch) => batch.length)).toEqual([BATCH_LIMIT, 1])
  })

  it('that come in while others are being sent are not lost', async () => {
    const { store, posted } = await queueOf([delivered('ntf_1')])
    await flushReceipts(store, async (batch) => {
      posted.push(batch)
      if (posted.length === 1) await enqueueReceipt(store, delivered('ntf_2'))
    })
    expect(posted).toEqual([[delivered('ntf_1')], [delivered('ntf_2')]])
  })

  it('beyond what the queue holds push out the oldest', async () => {
    const { store } = await queueOf(Array.from({ length: QUEUE_LIMIT + 1 }, (_, i) => delivered(`ntf_${i}`)))
    const queued = (await store.read<Receipt[]>('receipts')) ?? []
    expect([queued.length, queued[0]?.notification_id]).toEqual([QUEUE_LIMIT, 'ntf_1'])
  })

  it('survive a failure that is not the API’s', async () => {
    const { store, flush } = await queueOf([delivered('ntf_1')])
    const broken = flushReceipts(store, () => Promise.reject(new TypeError('a bug')))
    await expect(broken).rejects.toThrow('a bug')
    await expect(flush()).resolves.toBeUndefined()
  })
})
