/** Tickets of a lane that is held: one goes ahead, the others follow when something is accepted. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { HeldLanes } from '../../durable-objects/held-lanes.ts'
import type { Ledger } from '../../durable-objects/ledger.ts'
import { wakeTickets } from '../../durable-objects/ledger-wake.ts'
import { postpone } from '../../durable-objects/postpone.ts'
import type { SubscriberShard } from '../../durable-objects/subscriber-shard.ts'
import { plainOrder } from '../delivery/plain-order.ts'

const LEASE_MS = 120_000
const WAIT_MS = 60_000
const MEMBERS = 1_001

/** A ledger of three tickets, none of which anybody has leased. */
function withLedger<T>(work: (ledger: Ledger, held: HeldLanes, storage: DurableObjectStorage, id: string) => T) {
  const appId = `app_${crypto.randomUUID()}`
  const notificationId = `ntf_${crypto.randomUUID()}`
  const stub = env.SUBSCRIBER_SHARD.getByName(`${appId}/news/0`)
  return runInDurableObject(stub, (instance: SubscriberShard, { storage }) => {
    const { ledger } = instance as unknown as { ledger: Ledger }
    const members = Array.from({ length: MEMBERS }, (_, slot) => {
      const address = { kind: 'fcm_token', value: `token-${slot}` } as const
      return { deviceId: `dev_${slot}`, userId: null, slot, platform: 'fcm', address } as const
    })
    ledger.join(members)
    const order = plainOrder({ notificationId, appId, guarantee: 'at_least_once', livesMs: 60 * 60_000 })
    expect(ledger.openStep(order, Date.now()).tickets).toHaveLength(3)
    return work(ledger, new HeldLanes(storage), storage, notificationId)
  })
}

describe('a lane that waits for its push service', () => {
  it('sends one ticket ahead at a time, and the others when it is released', async () => {
    await withLedger((ledger, held, storage, notificationId) => {
      const now = Date.now()
      const wait = { resumeAt: now + WAIT_MS, holdsLane: true }
      const wake = (at: number) => wakeTickets(storage, ledger, held, at, LEASE_MS)
      for (const number of [0, 1, 2]) {
        const place = { notificationId, number }
        expect(postpone(storage, ledger, held, place, wait, now)).toEqual({ kind: 'waits', wakeAt: now + WAIT_MS })
      }
      expect(wake(now + WAIT_MS - 1)).toMatchObject({ due: [], nextAt: now + WAIT_MS })
      const ahead = wake(now + WAIT_MS)
      expect(ahead.due.map(({ number }) => number)).toEqual([0])
      expect(wake(now + WAIT_MS + 1).due).toEqual([])

      const again = { resumeAt: now + 2 * WAIT_MS, holdsLane: true }
      postpone(storage, ledger, held, { notificationId, number: 0 }, again, now + WAIT_MS + 2)
      expect(wake(now + 2 * WAIT_MS - 1)).toMatchObject({ due: [], nextAt: now + 2 * WAIT_MS })
      expect(wake(now + 2 * WAIT_MS).due).toHaveLength(1)

      expect(held.release({ notificationId, platform: 'fcm' })).toBe(true)
      expect(wake(now + 2 * WAIT_MS + 1).due).toHaveLength(2)
    })
  })

  it('sends another ahead when the first did not come back', async () => {
    await withLedger((ledger, held, storage, notificationId) => {
      const now = Date.now()
      for (const number of [0, 1, 2]) {
        postpone(storage, ledger, held, { notificationId, number }, { resumeAt: now + 1, holdsLane: true }, now)
      }
      expect(wakeTickets(storage, ledger, held, now + 1, LEASE_MS).due).toHaveLength(1)
      expect(wakeTickets(storage, ledger, held, now + LEASE_MS, LEASE_MS).due).toEqual([])
      expect(wakeTickets(storage, ledger, held, now + 1 + LEASE_MS, LEASE_MS).due).toHaveLength(1)
    })
  })

  it('holds nobody beyond the end of the send', async () => {
    await withLedger((ledger, held, storage, notificationId) => {
      const now = Date.now()
      const over = now + 2 * 60 * 60_000
      for (const number of [0, 1, 2]) {
        const postponed = postpone(
          storage,
          ledger,
          held,
          { notificationId, number },
          { resumeAt: over, holdsLane: true },
          now,
        )
        expect(postponed).toMatchObject({ kind: 'waits', wakeAt: expect.any(Number) })
      }
      expect(wakeTickets(storage, ledger, held, over, LEASE_MS).due).toHaveLength(3)
      const late = { resumeAt: over + 1, holdsLane: true }
      expect(postpone(storage, ledger, held, { notificationId, number: 0 }, late, over)).toEqual({ kind: 'lease_it' })
    })
  })

  it('looks at its tickets when the send expires, not when the lane is asked again', async () => {
    await withLedger((ledger, held, storage, notificationId) => {
      const now = Date.now()
      const expiresAt = ledger.fanout(notificationId)!.expiresAt
      held.hold({ notificationId, platform: 'fcm' }, expiresAt + WAIT_MS, now)
      const dueAt = now + LEASE_MS + 1
      expect(wakeTickets(storage, ledger, held, dueAt, LEASE_MS)).toMatchObject({ due: [], nextAt: expiresAt })
      expect(wakeTickets(storage, ledger, held, expiresAt, LEASE_MS).due).toHaveLength(3)
    })
  })

  it('does not hold the others where only this ticket was told to come later', async () => {
    await withLedger((ledger, held, storage, notificationId) => {
      const now = Date.now()
      for (const number of [0, 1, 2]) {
        postpone(storage, ledger, held, { notificationId, number }, { resumeAt: now + number, holdsLane: false }, now)
      }
      expect(wakeTickets(storage, ledger, held, now + 10, LEASE_MS).due).toHaveLength(3)
    })
  })

  it('is still held by an object that was made anew', async () => {
    await withLedger((_, held, storage, notificationId) => {
      const lane = { notificationId, platform: 'fcm' } as const
      held.hold(lane, Date.now() + WAIT_MS, Date.now())
      expect(new HeldLanes(storage).waitOf(lane, Date.now(), LEASE_MS)).not.toBeNull()
      held.release(lane)
      expect(new HeldLanes(storage).waitOf(lane, Date.now(), LEASE_MS)).toBeNull()
    })
  })
})
