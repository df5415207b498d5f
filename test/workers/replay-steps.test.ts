/**
 * Opening a replay, step by step, in the object that holds the dead letters: interrupted anywhere, repeated, beside
 * another replay. Every dead letter is in exactly one replay. The ledgers here have no credential, so everybody fails.
 */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { Ledger } from '../../durable-objects/ledger.ts'
import { listDeliveries } from '../../durable-objects/ledger-deliveries.ts'
import type { DeliveryQuery, ReplayOrder } from '../../durable-objects/rpc.ts'
import { shardNamed } from '../../durable-objects/stubs.ts'
import { balances } from '../../push/ledger.ts'
import type { Place } from '../../push/replay.ts'
import { countDeadLetters } from '../../schema/ledger/dead-letters.ts'
import { readFanout } from '../../schema/ledger/fanouts.ts'
import { sweepStep } from '../../schema/ledger/sweep.ts'
import { type OpenLedger, openLedger } from './open-ledger.ts'

/** More tickets than one step looks at: 45 of 500. */
const MANY = 45 * 500
const SETTINGS = { leaseMs: 120_000, retryBaseSeconds: 10 }
const MONTH_MS = 31 * 86_400_000

function orderOf({ order }: OpenLedger, id: string, places: readonly Place[] | null = null): ReplayOrder {
  return { ...order, notificationId: id, replayOf: order.notificationId, pushId: order.notificationId, places }
}

/** A step by a ledger that has just been started: it knows what is stored and nothing else. */
function stepAnew(storage: DurableObjectStorage, order: ReplayOrder): boolean {
  return new Ledger(storage, SETTINGS).replayStep(order, Date.now()).done
}

function failedIn(storage: DurableObjectStorage, id: string): string[] {
  const query: DeliveryQuery = {
    status: 'failed',
    platform: null,
    reason: null,
    replayed: null,
    deviceId: null,
    cursor: null,
    limit: MANY,
  }
  return listDeliveries(storage.sql, readFanout(storage.sql, id)!, query).data.map(({ deviceId }) => deviceId)
}

describe('opening a replay', () => {
  it('goes on where it was interrupted, and takes everybody once', async () => {
    const open = await openLedger(MANY, { reachable: false })
    await open.within((_ledger, storage) => {
      const order = orderOf(open, 'ntf_again')
      expect(stepAnew(storage, order)).toBe(false)
      while (!stepAnew(storage, order));
      expect(stepAnew(storage, order)).toBe(true)
      expect(countDeadLetters(storage.sql, open.notificationId)).toEqual({ open: 0, replayed: MANY })
      const { counts, done } = new Ledger(storage, SETTINGS).view('ntf_again')!
      expect(counts).toMatchObject({ targeted: MANY, failed: MANY, pending: 0 })
      expect(done).toBe(true)
      expect(new Set(failedIn(storage, 'ntf_again')).size).toBe(MANY)
    })
  })

  it('takes those who were named, in however many steps, and leaves the others', async () => {
    const open = await openLedger(MANY, { reachable: false })
    await open.within((_ledger, storage) => {
      const places = Array.from({ length: 45 }, (_, ticket) => ({ ticket: 44 - ticket, ordinal: ticket }))
      const order = orderOf(open, 'ntf_again', places)
      expect(stepAnew(storage, order)).toBe(false)
      expect(stepAnew(storage, order)).toBe(true)
      expect(countDeadLetters(storage.sql, open.notificationId)).toEqual({ open: MANY - 45, replayed: 45 })
      expect(failedIn(storage, 'ntf_again')).toHaveLength(45)
      const counts = new Ledger(storage, SETTINGS).view('ntf_again')!.counts
      expect([counts.targeted, balances(counts)]).toEqual([45, true])
    })
  })

  it('shares the dead letters with another one that is opened at the same time', async () => {
    const open = await openLedger(MANY, { reachable: false })
    await open.within((_ledger, storage) => {
      const orders = ['ntf_one', 'ntf_two'].map((id) => orderOf(open, id))
      while (!orders.map((order) => stepAnew(storage, order)).every((done) => done));
      const views = orders.map((order) => new Ledger(storage, SETTINGS).view(order.notificationId)!)
      expect(views.every(({ counts }) => balances(counts))).toBe(true)
      const taken = orders.flatMap((order) => failedIn(storage, order.notificationId))
      expect(taken).toHaveLength(MANY)
      expect(new Set(taken).size).toBe(MANY)
    })
  })

  it('of a replay of a replay takes those of the replay, and none of the first', async () => {
    const open = await openLedger(3, { reachable: false })
    await open.within((_ledger, storage) => {
      stepAnew(storage, orderOf(open, 'ntf_second', [{ ticket: 0, ordinal: 1 }]))
      const second = { ...orderOf(open, 'ntf_third'), replayOf: 'ntf_second' }
      stepAnew(storage, second)
      expect(failedIn(storage, 'ntf_third')).toEqual(['dev_1'])
      expect(countDeadLetters(storage.sql, open.notificationId)).toEqual({ open: 2, replayed: 1 })
      expect(countDeadLetters(storage.sql, 'ntf_second')).toEqual({ open: 0, replayed: 1 })
    })
  })

  it('is refused where the dead letters are not, or are another app’s', async () => {
    const open = await openLedger(1, { reachable: false })
    const shard = () => shardNamed(env, open.name)
    const order = orderOf(open, 'ntf_again')
    expect(await shard().openReplay({ ...order, replayOf: 'ntf_unknown' })).toBe(false)
    expect(await shard().openReplay({ ...order, appId: 'app_other' })).toBe(false)
    expect(await shard().ledgerView('ntf_again')).toBeNull()
  })

  it('that was canceled before it was opened takes nobody', async () => {
    const open = await openLedger(2, { reachable: false })
    await shardNamed(env, open.name).cancelFanout('ntf_again', open.appId)
    expect(await shardNamed(env, open.name).openReplay(orderOf(open, 'ntf_again'))).toBe(true)
    await open.within((_ledger, { sql }) => {
      expect(countDeadLetters(sql, open.notificationId)).toEqual({ open: 2, replayed: 0 })
    })
  })
})

describe('a listing', () => {
  it('whose filter fits nobody ends a page before it has read everything', async () => {
    const open = await openLedger(1, { reachable: false })
    await open.within((_ledger, storage) => {
      const { sql } = storage
      const columns = sql.exec<{ name: string }>("select name from pragma_table_info('ticket')").toArray()
      const copied = columns.map(({ name }) => (name === 'number' ? 'value' : name))
      sql.exec(
        `insert into ticket select ${copied} from ticket, json_each(?) where number = 0`,
        JSON.stringify(Array.from({ length: 150 }, (_, index) => index + 1)),
      )
      const query = { status: 'failed', platform: null, reason: 'x', replayed: null, deviceId: null } as const
      const fanout = readFanout(sql, open.notificationId)!
      const page = listDeliveries(sql, fanout, { ...query, cursor: null, limit: 10 })
      expect(page).toEqual({ data: [], nextCursor: '100:0' })
      const last = listDeliveries(sql, fanout, { ...query, cursor: page.nextCursor, limit: 10 })
      expect(last).toEqual({ data: [], nextCursor: null })
    })
  })
})

describe('what is swept', () => {
  it('is a ledger after its replays, so that they can be read to their end', async () => {
    const open = await openLedger(2, { reachable: false })
    await open.within((_ledger, storage) => {
      const { sql } = storage
      stepAnew(storage, orderOf(open, 'ntf_again', [{ ticket: 0, ordinal: 1 }]))
      sql.exec("update fanout set state = 'reported'")
      sql.exec('update fanout set opened_at = opened_at - ? where notification_id = ?', MONTH_MS, open.notificationId)
      while (sweepStep(sql, Date.now() - MONTH_MS + 1000));
      expect(failedIn(storage, 'ntf_again')).toEqual(['dev_1'])
      sql.exec('update fanout set opened_at = opened_at - ?', MONTH_MS)
      while (sweepStep(sql, Date.now() - MONTH_MS + 1000));
      expect(readFanout(sql, 'ntf_again')).toBeNull()
      expect(readFanout(sql, open.notificationId)).toBeNull()
    })
  })
})
