/**
 * How the edges reach a topic's shards: join, leave, count. The only caller of `env.TOPIC`. Bulk goes in bounded
 * calls; every call is idempotent.
 */
import { durable } from './durable.ts'
import type { Member, MemberKey } from './rpc.ts'
import { shardNamed } from './stubs.ts'
import type { ShardRange } from './topic.ts'

/** Members a call to a shard carries: about 1 MB of device tokens, well under what one RPC call may carry. */
const MEMBERS_A_CALL = 5_000

/**
 * How long an isolate trusts a topic's directory. A directory only changes when a topic grows, and a shard that
 * no longer owns a slot says so.
 */
const DIRECTORY_LIFE_MS = 60_000
/** Directories an isolate keeps; about 100 bytes each. */
const DIRECTORIES_KEPT = 10_000

const directories = new Map<string, { ranges: ShardRange[]; readAt: number }>()

/** Makes devices subscribers of a topic, or brings their addresses up to date. */
export async function joinTopic(env: Env, appId: string, topic: string, members: Member[]): Promise<void> {
  for (const [shard, own] of await bySlot(env, appId, topic, members)) {
    for (const part of parts(own)) await shardNamed(env, shard).join(part)
  }
}

/** Ends subscriptions of a topic. */
export async function leaveTopic(env: Env, appId: string, topic: string, keys: MemberKey[]): Promise<void> {
  for (const [shard, own] of await bySlot(env, appId, topic, keys)) {
    for (const part of parts(own)) await shardNamed(env, shard).leave(part)
  }
}

/** How many subscribers a topic has, exactly, in how many shards. */
export async function readTopic(
  env: Env,
  appId: string,
  topic: string,
): Promise<{ subscribers: number; shards: number }> {
  const shards = await shardsOfTopic(env, appId, topic)
  const counts = await Promise.all(shards.map((shard) => shardNamed(env, shard).count()))
  return { subscribers: counts.reduce((all, count) => all + count, 0), shards: shards.length }
}

/** The names of a topic's shards in the order of their slots. */
export async function shardsOfTopic(env: Env, appId: string, topic: string): Promise<string[]> {
  const ranges = await directory(env, appId, topic)
  return ranges.map((range) => shardName(appId, topic, range))
}

async function bySlot<T extends { slot: number }>(env: Env, appId: string, topic: string, rows: T[]) {
  const ranges = await directory(env, appId, topic)
  return Map.groupBy(rows, ({ slot }) => {
    const range = ranges.find(({ fromSlot, toSlot }) => slot >= fromSlot && slot < toSlot)
    if (!range) throw new Error(`no shard of ${topic} owns slot ${slot}`)
    return shardName(appId, topic, range)
  })
}

async function directory(env: Env, appId: string, topic: string): Promise<ShardRange[]> {
  const name = `${appId}/${topic}`
  const now = Date.now()
  const known = directories.get(name)
  if (known && now - known.readAt < DIRECTORY_LIFE_MS) return known.ranges
  const ranges = await durable(env.TOPIC, name).directory()
  if (directories.size >= DIRECTORIES_KEPT) directories.clear()
  directories.set(name, { ranges, readAt: now })
  return ranges
}

function shardName(appId: string, topic: string, range: ShardRange): string {
  return `${appId}/${topic}/${range.shard}`
}

function* parts<T>(rows: T[]): Generator<T[]> {
  for (let from = 0; from < rows.length; from += MEMBERS_A_CALL) yield rows.slice(from, from + MEMBERS_A_CALL)
}
