/**
 * What comes through the back doors: messages that are corrupt, foreign or late, settlements of leases that nobody
 * holds, clocks that jump. Each has one outcome, and none loses or doubles a recipient. The front door is
 * hostile-bodies.test.ts and hostile-requests.test.ts.
 */
import { createExecutionContext, createMessageBatch, getQueueResult, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { ledgerNamed, shardNamed } from '../../durable-objects/stubs.ts'
import { consume } from '../../workers/jobs/consume.ts'
import { muteConsole } from '../console/overheard.ts'
import { type OpenLedger, openLedger } from './open-ledger.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const LEASE_MS = Number(env.LEASE_SECONDS) * 1000

/** Gives the consumer one message, as the queue would. */
async function hand(body: unknown): Promise<{ acked: boolean; retried: boolean }> {
  const batch = createMessageBatch('deliver-fcm', [{ id: 'm', timestamp: new Date(), attempts: 1, body }])
  await consume(batch, env)
  const { explicitAcks, retryMessages } = await getQueueResult(batch, createExecutionContext())
  return { acked: explicitAcks.length === 1, retried: retryMessages.length === 1 }
}

function deliverMessage({ appId, notificationId, name }: OpenLedger, changed: object = {}): object {
  const ledger = { kind: 'shard', name }
  return { kind: 'deliver.v1', appId, platform: 'fcm', ledger, notificationId, ticket: 0, ...changed }
}

async function countsOf({ name, notificationId }: OpenLedger) {
  return (await shardNamed(env, name).ledgerView(notificationId))!.counts
}

const refused = { kind: 'refused', reason: 'x' } as const

function part(leaseId: string, accepted: number[], refusals: number[], last = true) {
  const others = refusals.map((ordinal) => ({ ordinal, deviceId: `dev_${ordinal}`, outcome: refused }))
  return { leaseId, accepted, others, last, resumeAt: null }
}

describe('a queue message', () => {
  it.each([
    ['nothing', null],
    ['text', 'deliver'],
    ['an unknown kind', { kind: 'deliver.v9' }],
    ['a missing field', { kind: 'deliver.v1', appId: 'app_1', notificationId: 'ntf_1', ticket: 0 }],
    ['a field too many', { kind: 'fanout.v1', appId: 'app_1', notificationId: 'n', shard: 'app_1/a/0', token: 'x' }],
    [
      'a ticket that is no number',
      { kind: 'deliver.v1', appId: 'a', platform: 'fcm', notificationId: 'n', ticket: '0' },
    ],
  ])('that is %s is dropped, and reported', async (_, body) => {
    const log = muteConsole('error')
    expect(await hand(body)).toEqual({ acked: true, retried: false })
    expect(log).toHaveBeenCalledExactlyOnceWith('dropped a queue message that is not ours', expect.anything())
    log.mockRestore()
  })

  it("that names another app's ledger is dropped, and takes nothing", async () => {
    const log = muteConsole('error')
    const open = await openLedger(2)
    expect(await hand(deliverMessage(open, { appId: 'app_other' }))).toEqual({ acked: true, retried: false })
    expect(await countsOf(open)).toMatchObject({ targeted: 2, pending: 2 })
    const { kind } = await open.within((ledger) => ledger.lease(open.notificationId, 0, 'lease-1', Date.now()))
    expect(kind).toBe('leased')
    log.mockRestore()
  })

  it.each([
    ['an unknown ticket', { ticket: 99 }],
    ['an unknown notification', { notificationId: 'ntf_unknown' }],
  ])('for %s finds nothing to do', async (_, changed) => {
    const open = await openLedger(1)
    expect(await hand(deliverMessage(open, changed))).toEqual({ acked: true, retried: false })
    expect(await countsOf(open)).toMatchObject({ targeted: 1, pending: 1 })
  })

  it('for a notification that is not there leaves nothing behind', async () => {
    const name = 'app_x/00000000000000000000'
    const ledger = { kind: 'notification', name }
    const body = { kind: 'deliver.v1', appId: 'app_x', platform: 'fcm', ledger, notificationId: 'ntf_x', ticket: 0 }
    expect(await hand(body)).toEqual({ acked: true, retried: false })
    expect(await hand({ kind: 'replay.v1', appId: 'app_x', notificationId: 'ntf_x', ledger })).toMatchObject({
      acked: true,
    })
    await runInDurableObject(env.NOTIFICATION.getByName(name), async (_instance, { storage }) => {
      expect(storage.sql.exec("select count(*) as count from sqlite_master where name = 'ticket'").one().count).toBe(0)
      expect(await storage.getAlarm()).toBeNull()
    })
  })

  it('that opens a notification nobody knows opens nothing', async () => {
    const open = await openLedger(1)
    const body = { kind: 'fanout.v1', appId: open.appId, notificationId: 'ntf_unknown', shard: open.name }
    expect(await hand(body)).toEqual({ acked: true, retried: false })
    expect(await shardNamed(env, open.name).ledgerView('ntf_unknown')).toBeNull()
  })
})

describe('a settlement', () => {
  it('of what does not exist changes nothing', async () => {
    const open = await openLedger(1)
    const shard = () => shardNamed(env, open.name)
    const nothing = { retirements: [], held: false }
    expect(await shard().settle('ntf_unknown', 0, part('lease-1', [0], []))).toEqual(nothing)
    expect(await shard().settle(open.notificationId, 9, part('lease-1', [0], []))).toEqual(nothing)
    expect(await countsOf(open)).toMatchObject({ targeted: 1, pending: 1, accepted: 0 })
  })

  it('of a notification that is not there is told so, and leaves nothing behind', async () => {
    const name = 'app_x/0000000000000000000s'
    const ledger = () => ledgerNamed(env, { kind: 'notification', name })
    const nothing = { retirements: [], held: false }
    expect(await ledger().settle('ntf_x', 0, part('lease-1', [0], [1]))).toEqual(nothing)
    expect(await ledger().postpone('ntf_x', 0, { resumeAt: Date.now() + HOUR_MS, holdsLane: true })).toBe(true)
    expect(await ledger().confirmRetirements('ntf_x', 0)).toBeUndefined()
    await runInDurableObject(env.NOTIFICATION.getByName(name), async (_instance, { storage }) => {
      expect(storage.sql.exec("select count(*) as count from sqlite_master where name = 'ticket'").one().count).toBe(0)
      expect(await storage.getAlarm()).toBeNull()
    })
  })

  it('names ordinals that the ticket does not have: they are ignored', async () => {
    const open = await openLedger(2)
    await open.within((ledger) => ledger.lease(open.notificationId, 0, 'lease-1', Date.now()))
    await shardNamed(env, open.name).settle(open.notificationId, 0, part('lease-1', [-1, 2, 5000], [7], false))
    expect(await countsOf(open)).toMatchObject({ targeted: 2, pending: 2, accepted: 0, failed: 0 })
  })

  it("of yesterday's lease counts what was accepted, and nothing else", async () => {
    const open = await openLedger(3)
    const yesterday = Date.now() - DAY_MS
    const held = await open.within((ledger) => {
      ledger.lease(open.notificationId, 0, 'lease-1', yesterday)
      ledger.lease(open.notificationId, 0, 'lease-2', Date.now())
      return ledger.settle(open.notificationId, 0, part('lease-1', [0], [1, 2]), Date.now()).held
    })
    expect(held).toBe(false)
    expect(await countsOf(open)).toMatchObject({ accepted: 1, failed: 0, pending: 2 })
    await open.within((ledger) => ledger.settle(open.notificationId, 0, part('lease-2', [0, 1], [2]), Date.now()))
    expect(await countsOf(open)).toMatchObject({ targeted: 3, accepted: 2, failed: 1, pending: 0 })
  })

  it('that is repeated a day later, when all is settled, changes nothing', async () => {
    const open = await openLedger(2)
    await open.within((ledger) => {
      ledger.lease(open.notificationId, 0, 'lease-1', Date.now())
      for (const now of [Date.now(), Date.now() + DAY_MS]) {
        ledger.settle(open.notificationId, 0, part('lease-1', [0], [1]), now)
        expect(ledger.lease(open.notificationId, 0, 'lease-2', now)).toEqual({ kind: 'nothing' })
      }
    })
    expect(await countsOf(open)).toMatchObject({ targeted: 2, accepted: 1, failed: 1, pending: 0 })
  })
})

describe('a storage that refuses a write in the middle', () => {
  it('undoes a cancellation whole, so that it can be repeated, and nobody counts as settled', async () => {
    const open = await openLedger(501)
    await open.within((ledger, { sql }) => {
      const { notificationId, appId } = open
      sql.exec("create trigger full before insert on ticket when new.number = 1 begin select raise(abort, 'full'); end")
      expect(() => ledger.cancel(notificationId, appId, Date.now())).toThrow('full')
      sql.exec('drop trigger full')
      expect(ledger.fanout(notificationId)!.canceledAt).toBeNull()
      expect(ledger.lease(notificationId, 0, 'lease-1', Date.now()).kind).toBe('leased')
      ledger.settle(notificationId, 0, part('lease-1', [...Array(500).keys()], []), Date.now())
      expect(ledger.isDone(notificationId)).toBe(false)
      ledger.cancel(notificationId, appId, Date.now())
      expect(ledger.isDone(notificationId)).toBe(true)
    })
    expect(await countsOf(open)).toMatchObject({ targeted: 501, accepted: 500, canceled: 1, pending: 0 })
  })
})

describe('a clock that jumps', () => {
  it('back by an hour during a lease: the lease holds, what it settles counts, and nobody is sent twice', async () => {
    const open = await openLedger(2)
    const now = Date.now()
    const busy = { kind: 'later', reason: 'busy', scope: 'device', schedule: 'standard' } as const
    await open.within((ledger) => {
      ledger.lease(open.notificationId, 0, 'lease-1', now)
      expect(ledger.lease(open.notificationId, 0, 'lease-2', now - HOUR_MS)).toEqual({ kind: 'nothing' })
      const others = [{ ordinal: 1, deviceId: 'dev_1', outcome: busy }]
      for (const last of [false, true]) {
        const part = { leaseId: 'lease-1', accepted: [0], others, last, resumeAt: null }
        ledger.settle(open.notificationId, 0, part, now - HOUR_MS)
      }
      const due = ledger.lease(open.notificationId, 0, 'lease-3', now + HOUR_MS)
      expect(due).toMatchObject({ kind: 'leased', recipients: [{ ordinal: 1, attempt: 2 }] })
    })
    expect(await countsOf(open)).toMatchObject({ targeted: 2, accepted: 1, pending: 1 })
  })

  it.each([
    ['at_least_once', { accepted: 1, failed: 0, pending: 1 }, 'leased'],
    ['at_most_once', { accepted: 0, failed: 2, pending: 0 }, 'nothing'],
  ] as const)('ahead by a day during a lease: as if its consumer had died, %s', async (guarantee, counts, kind) => {
    const open = await openLedger(2, { guarantee })
    await open.within((ledger) => {
      ledger.lease(open.notificationId, 0, 'lease-1', Date.now())
      const again = ledger.lease(open.notificationId, 0, 'lease-2', Date.now() + DAY_MS)
      expect(again.kind).toBe(kind)
      const late = { leaseId: 'lease-1', accepted: [0], others: [], last: true, resumeAt: null }
      ledger.settle(open.notificationId, 0, late, Date.now())
    })
    expect(await countsOf(open)).toMatchObject({ targeted: 2, ...counts })
  })

  it('ahead beyond the end of the send: everybody has expired, and stays so when it jumps back', async () => {
    const open = await openLedger(2)
    await open.within((ledger) => {
      expect(ledger.lease(open.notificationId, 0, 'lease-1', Date.now() + 365 * DAY_MS)).toEqual({ kind: 'nothing' })
      expect(ledger.lease(open.notificationId, 0, 'lease-2', Date.now())).toEqual({ kind: 'nothing' })
    })
    expect(await countsOf(open)).toMatchObject({ targeted: 2, expired: 2, pending: 0 })
  })

  it('never makes a lease outlast its time by more than the jump', async () => {
    const open = await openLedger(1)
    const now = Date.now()
    await open.within((ledger) => {
      ledger.lease(open.notificationId, 0, 'lease-1', now + HOUR_MS)
      expect(ledger.lease(open.notificationId, 0, 'lease-2', now).kind).toBe('nothing')
      expect(ledger.lease(open.notificationId, 0, 'lease-3', now + HOUR_MS + LEASE_MS).kind).toBe('leased')
    })
  })
})
