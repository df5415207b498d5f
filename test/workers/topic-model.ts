/**
 * A topic beside a model of it: what was acknowledged is what must be true. Devices are put straight into the shards, so
 * that a thousand of them take no time; whoever calls repeats what a crash interrupted, as every caller does.
 */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { durable } from '../../durable-objects/durable.ts'
import type { Member } from '../../durable-objects/rpc.ts'
import { pieceOf, topicName } from '../../durable-objects/topic-directory.ts'
import { joinTopic, leaveTopic, readTopic } from '../../durable-objects/topic-members.ts'
import { PLATFORMS } from '../../push/device.ts'
import type { Piece } from '../../push/shard-directory.ts'
import { slotOf } from '../../push/slot.ts'

const ATTEMPTS = 20
/** Rings of alarms after which a topic that still splits is taken for one that never stops. */
const MOST_RINGS = 400

/** Repeats what a crash interrupted. */
export async function surely<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act()
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    }
  }
}

/** A device of a user, or of nobody; the serial number tells its addresses apart. */
export function makeMember(deviceId: string, userId: string | null, serial: number): Member {
  const platform = PLATFORMS[slotOf({ userId: null, deviceId }) % PLATFORMS.length]!
  const kind = { fcm: 'fcm_token', apns: 'apns', webpush: 'webpush' } as const
  const address = { kind: kind[platform], value: `${deviceId}:${serial}` }
  return { deviceId, userId, slot: slotOf({ userId, deviceId }), platform, address }
}

export class TopicModel {
  readonly appId: string
  readonly topic: string
  readonly members = new Map<string, Member>()

  constructor(appId: string, topic: string) {
    this.appId = appId
    this.topic = topic
  }

  async join(members: readonly Member[]): Promise<void> {
    await surely(() => joinTopic(env, this.appId, this.topic, members))
    for (const member of members) this.members.set(member.deviceId, member)
  }

  async leave(members: readonly Member[]): Promise<void> {
    await surely(() => leaveTopic(env, this.appId, this.topic, members))
    for (const { deviceId } of members) this.members.delete(deviceId)
  }

  async count(): Promise<{ subscribers: number; shards: number }> {
    return await surely(() => readTopic(env, this.appId, this.topic))
  }

  /** The shards as the Topic has them, whatever this isolate believes. */
  async pieces(): Promise<Piece[]> {
    const ranges = await surely(() => durable(env.TOPIC, topicName(this.appId, this.topic)).directory())
    return ranges.map((range) => pieceOf(this.appId, this.topic, range))
  }

  /** Rings the alarm of a shard, if it is set. */
  async ring(shard: string): Promise<boolean> {
    return await surely(() => runDurableObjectAlarm(env.SUBSCRIBER_SHARD.getByName(shard)))
  }

  /** Rings until no shard is splitting and none wants to. */
  async settle(): Promise<void> {
    for (let ring = 0; ring < MOST_RINGS; ring++) {
      const pieces = await this.pieces()
      const growing = await Promise.all(pieces.map(({ shard }) => this.isGrowing(shard)))
      if (!growing.includes(true)) return
      for (const [index, { shard }] of pieces.entries()) if (growing[index]) await this.ring(shard)
    }
    throw new Error('the topic keeps splitting')
  }

  /** Every member is in the one shard that owns its slot, as it is in the model, and nobody else is. */
  async expectEqual(): Promise<void> {
    expect((await this.count()).subscribers).toBe(this.members.size)
    const found: [string, string][] = []
    for (const piece of await this.pieces()) found.push(...(await this.rowsOf(piece)))
    const addresses = [...this.members.values()].map(({ deviceId, address }) => [deviceId, address.value])
    expect(found.sort(byDevice)).toEqual(addresses.sort(byDevice))
  }

  private async isGrowing(shard: string): Promise<boolean> {
    return await surely(() =>
      runInDurableObject(env.SUBSCRIBER_SHARD.getByName(shard), (instance) => {
        return (instance as unknown as { growth: { wantsStep: boolean } }).growth.wantsStep
      }),
    )
  }

  private async rowsOf({ shard, fromSlot, toSlot }: Piece): Promise<[string, string][]> {
    const query = 'select device_id, address from member where left_seq is null and slot >= ? and slot < ?'
    return await surely(() =>
      runInDurableObject(env.SUBSCRIBER_SHARD.getByName(shard), (_, { storage }) => {
        return [...storage.sql.exec(query, fromSlot, toSlot).raw<[string, string]>()]
      }),
    )
  }
}

function byDevice([a]: string[], [b]: string[]): number {
  return a! < b! ? -1 : a! > b! ? 1 : 0
}

/** The same numbers from the same seed, so that a failure can be told again: mulberry32. */
export function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below) | 0
  }
}
