import { describe, expect, it } from 'vitest'
import { emptyCounts } from './ledger.ts'
import type { Send } from './notification.ts'
import * as life from './notification-life.ts'
import type { Piece } from './shard-directory.ts'
import { SLOT_COUNT } from './slot.ts'

const NOW = 1_000_000

function send(partial: Partial<Send> = {}, ttlSeconds = 3600): Send {
  const message = { data: {}, priority: 'normal', ttlSeconds, fcm: {}, apns: {}, webpush: {} } as const
  return {
    audience: { kind: 'topic', topic: 'news' },
    message,
    guarantee: 'at_least_once',
    ordered: false,
    sendAt: null,
    ...partial,
  }
}

/** Shards of a topic that share its slots evenly. */
function pieces(...shards: string[]): Piece[] {
  const size = SLOT_COUNT / shards.length
  return shards.map((shard, index) => ({ shard, fromSlot: index * size, toSlot: (index + 1) * size }))
}

function begun(partial: Partial<Send> = {}, ttlSeconds?: number): life.NotificationLife {
  return life.begin({ id: 'ntf_1', appId: 'app_1', send: send(partial, ttlSeconds), bodyHash: 'h', sentBy: null }, NOW)
}

function sums(accepted: number): life.LedgerSums {
  const counts = { ...emptyCounts(), targeted: accepted, accepted }
  return { counts, byPlatform: { fcm: counts }, opened: true, done: true }
}

describe('the beginning of a notification', () => {
  it.each([
    ['now', null, 'queued', NOW + 3_600_000],
    ['at a time ahead', NOW + 5_000, 'scheduled', NOW + 5_000 + 3_600_000],
    ['at a time that just passed', NOW - 5_000, 'queued', NOW + 3_600_000],
  ] as const)('%s', (_, sendAt, status, expiresAt) => {
    expect(begun({ sendAt })).toMatchObject({ status, expiresAt, startedAt: null, completedAt: null })
  })

  it('gives a send with no time to live a minute to pass through our own queue', () => {
    expect(begun({}, 0).expiresAt).toBe(NOW + 60_000)
  })

  it('is due when its time has come, and not twice', () => {
    const scheduled = begun({ sendAt: NOW + 1 })
    expect([life.isDue(scheduled, NOW), life.isDue(scheduled, NOW + 1)]).toEqual([false, true])
    expect(life.isDue(life.startShards(scheduled, pieces('a'), NOW + 1), NOW + 2)).toBe(false)
  })
})

describe('the shards of a notification', () => {
  const started = life.startShards(begun(), pieces('a', 'b'), NOW)

  it('complete it when the last one is done, however often each says so', () => {
    const one = life.shardDone(started, 'a', sums(1), NOW + 1)
    expect(life.openShards(one)).toEqual([pieces('a', 'b')[1]])
    expect(life.shardDone(one, 'a', sums(9), NOW + 2)).toBe(one)
    const both = life.shardDone(one, 'b', sums(2), NOW + 3)
    expect(both).toMatchObject({ status: 'completed', completedAt: NOW + 3 })
    expect(life.sum(Object.values(both.shards ?? {}).flatMap(({ final }) => final ?? [])).counts.accepted).toBe(3)
  })

  it('are ignored when they are not its own', () => {
    expect(life.shardDone(started, 'other', sums(1), NOW)).toBe(started)
  })
})

describe('a shard that has given slots away before it was opened', () => {
  const [a, b] = pieces('a', 'b') as [Piece, Piece]
  const started = life.startShards(begun(), [a, b], NOW)
  const middle = (b.fromSlot + b.toSlot) / 2
  const owners = [
    { shard: 'b', fromSlot: b.fromSlot, toSlot: middle },
    { shard: 'c', fromSlot: middle, toSlot: b.toSlot },
  ]
  const replaced = life.replacePiece(started, b, owners)

  it('is replaced by the owners of today, and the rest stays', () => {
    expect(life.openShards(replaced)).toEqual([a, ...owners])
  })

  it('is replaced once, however often and late that is said', () => {
    expect(life.replacePiece(replaced, b, owners)).toBe(replaced)
    expect(life.replacePiece(replaced, b, [b])).toBe(replaced)
  })

  it.each([
    ['is not one of its shards', started, { ...b, shard: 'z' }],
    ['was asked for other slots', started, { ...b, toSlot: middle }],
    ['is done', life.shardDone(started, 'b', sums(1), NOW), b],
    ['belongs to a canceled notification', life.cancel(started, NOW), b],
  ])('is left alone when it %s', (_, before, piece) => {
    expect(life.replacePiece(before, piece, owners)).toBe(before)
  })

  it('is left alone when the Topic knows nothing of it yet', () => {
    expect(life.replacePiece(started, b, [b])).toBe(started)
  })
})

describe('canceling', () => {
  it('ends at once what has not started', () => {
    expect(life.cancel(begun(), NOW + 1)).toMatchObject({ status: 'canceled', completedAt: NOW + 1 })
  })

  it('is said at once and ends when nothing is in the air', () => {
    const canceled = life.cancel(life.startShards(begun(), pieces('a'), NOW), NOW + 1)
    expect(canceled).toMatchObject({ status: 'canceled', completedAt: null })
    expect(life.shardDone(canceled, 'a', sums(1), NOW + 2)).toMatchObject({ status: 'canceled', completedAt: NOW + 2 })
  })

  it('does not undo what is completed', () => {
    const completed = life.complete(life.startDirect(begun(), NOW), NOW + 1)
    expect(life.cancel(completed, NOW + 2)).toBe(completed)
  })
})
