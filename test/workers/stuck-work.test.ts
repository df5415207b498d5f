/**
 * A ticket that throws whoever takes it: its recipients stay pending, the operator learns of it, and it is brought back
 * ever more rarely until it is settled or the send expires.
 */
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { shardNamed } from '../../durable-objects/stubs.ts'
import { readTicket } from '../../schema/ledger/tickets.ts'
import worker from '../../workers/index.ts'
import { muteConsole } from '../console/overheard.ts'
import { call, makeApp } from './calling.ts'
import { type OpenLedger, openLedger } from './open-ledger.ts'

/** The first attempt and `max_retries` of wrangler.toml. */
const LAST_ATTEMPT = 11
const LEASE_MS = Number(env.LEASE_SECONDS) * 1000

beforeEach(() => void muteConsole('error'))
afterEach(() => void vi.restoreAllMocks())

/** Makes every lease of the ticket throw: a row that nobody can read. */
async function poison({ within, notificationId }: OpenLedger): Promise<void> {
  await within((_ledger, { sql }) => {
    sql.exec(
      `insert into exception (notification_id, ticket, ordinal, device_id, status, attempts, updated_at, history)
       values (?, 0, 0, 'dev_0', 'pending', 1, 0, 'no JSON')`,
      notificationId,
    )
  })
}

async function hand(queue: string, { appId, name, notificationId }: OpenLedger, attempts: number) {
  const ledger = { kind: 'shard', name }
  const body = { kind: 'deliver.v1', appId, platform: 'fcm', ledger, notificationId, ticket: 0 }
  const batch = createMessageBatch(queue, [{ id: 'm', timestamp: new Date(), attempts, body }])
  await worker.queue(batch, env)
  return await getQueueResult(batch, createExecutionContext())
}

async function poisonedOf(app: Awaited<ReturnType<typeof makeApp>>): Promise<OpenLedger> {
  const open = await openLedger(2, { appId: app.id })
  await poison(open)
  return open
}

const listStuck = async (bearer: string) => (await call('GET', '/v1/dead-letters/tickets', { bearer })).body.data

describe('a ticket that always throws', () => {
  it('goes back to its queue as often as that allows, and is reported at the last attempt with the error', async () => {
    const app = await makeApp()
    const open = await poisonedOf(app)
    expect((await hand('deliver-fcm', open, 1)).retryMessages).toHaveLength(1)
    expect(await listStuck(app.analyst)).toEqual([])
    expect((await hand('deliver-fcm', open, LAST_ATTEMPT)).retryMessages).toHaveLength(1)
    expect((await hand('dead-messages', open, 1)).explicitAcks).toHaveLength(1)
    const seen = { first_seen_at: expect.any(String), last_seen_at: expect.any(String) }
    const row = { notification_id: open.notificationId, kind: 'ticket', ledger: open.name, ticket: 0 }
    expect(await listStuck(app.analyst)).toEqual([
      { ...row, times: 1, error: expect.stringContaining('JSON'), ...seen },
    ])
    await hand('dead-messages', open, 1)
    expect(await listStuck(app.analyst)).toMatchObject([{ times: 2, error: expect.stringContaining('JSON') }])
    expect((await shardNamed(env, open.name).ledgerView(open.notificationId))!.counts).toMatchObject({ pending: 2 })
  })

  it('is not listed any more when it got done', async () => {
    const app = await makeApp()
    const open = await poisonedOf(app)
    await hand('dead-messages', open, 1)
    expect(await listStuck(app.analyst)).toHaveLength(1)
    await open.within((_ledger, { sql }) => sql.exec('delete from exception'))
    await shardNamed(env, open.name).cancelFanout(open.notificationId, app.id)
    expect(await listStuck(app.analyst)).toEqual([])
    expect(await env.DB.prepare('select * from stuck_work where app_id = ?').bind(app.id).first()).toBeNull()
  })

  it('is reported when its consumers end without a word, again and again', async () => {
    const app = await makeApp()
    const open = await openLedger(2, { appId: app.id })
    await open.within((_ledger, { sql }) => sql.exec('update ticket set stalls = 5'))
    await hand('deliver-fcm', open, 1)
    expect(await listStuck(app.analyst)).toMatchObject([{ kind: 'ticket', ticket: 0, times: 1 }])
  })

  it('is listed where the object itself throws whoever asks it', async () => {
    const app = await makeApp()
    const open = await poisonedOf(app)
    await hand('dead-messages', open, 1)
    await open.within((_ledger, { sql }) => sql.exec('alter table ticket rename to lost'))
    const { status, body } = await call('GET', '/v1/dead-letters/tickets', { bearer: app.analyst })
    expect([status, body.data.length]).toEqual([200, 1])
  })

  it("is nobody else's to see", async () => {
    const [app, other] = [await makeApp(), await makeApp()]
    await hand('dead-messages', await poisonedOf(app), 1)
    expect(await listStuck(other.analyst)).toEqual([])
  })

  it('is brought back by the alarm ever more rarely, and ends when the send expires', async () => {
    const open = await openLedger(2)
    const { notificationId, order } = open
    const wake = (now: number) =>
      open.within((ledger, storage) => {
        const goesOn = ledger.wake(readTicket(storage.sql, notificationId, 0)!, now)
        const { wakeAt } = readTicket(storage.sql, notificationId, 0)!
        return { goesOn, isOver: ledger.finish(notificationId), wakeAt }
      })
    let now = Date.now() + LEASE_MS
    const waits: number[] = []
    for (let round = 0; round < 8; round++) {
      const { goesOn, wakeAt } = await wake(now)
      expect(goesOn).toBe(true)
      waits.push((wakeAt! - now) / LEASE_MS)
      now = wakeAt!
    }
    expect(waits).toEqual([1, 1, 1, 1, 2, 3, 5, 9])
    expect(await wake(order.expiresAt)).toEqual({ goesOn: false, isOver: true, wakeAt: null })
    const { counts } = (await shardNamed(env, open.name).ledgerView(notificationId))!
    expect(counts).toMatchObject({ targeted: 2, pending: 0, expired: 2 })
  })
})

describe('a message that no queue gave up for us', () => {
  it('is dropped among the dead messages too', async () => {
    const batch = createMessageBatch('dead-messages', [
      { id: 'm', timestamp: new Date(), attempts: 1, body: { kind: 'deliver.v9' } },
    ])
    await worker.queue(batch, env)
    expect((await getQueueResult(batch, createExecutionContext())).explicitAcks).toEqual(['m'])
  })
})
