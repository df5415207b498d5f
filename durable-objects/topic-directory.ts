/**
 * Which shards a topic has, as an isolate knows it, and what they are called. What is kept here may be out of date: a
 * shard that no longer owns a slot says so, and then its caller reads the directory anew.
 */
import { ExpiringMap } from '../push/expiring-map.ts'
import type { Piece, ShardRange } from '../push/shard-directory.ts'
import { durable } from './durable.ts'

/**
 * How long an isolate trusts a topic's directory, and how many it keeps (about 100 bytes a shard). A directory changes
 * only when a topic grows, and whoever is out of date is told so: the lifetime only bounds how long an isolate remembers
 * a topic that nobody asks it about.
 */
const DIRECTORIES = { lifeMs: 60_000, most: 10_000 }

const directories = new ExpiringMap<readonly ShardRange[]>(DIRECTORIES)

/** The shards of a topic in the order of their slots, as they were a minute ago or later. */
export async function readDirectory(env: Env, appId: string, topic: string): Promise<readonly ShardRange[]> {
  return directories.get(topicName(appId, topic), Date.now()) ?? (await readDirectoryAnew(env, appId, topic))
}

/** The same as the Topic has them now, for a caller who was told that slots have moved. Also for whoever comes next. */
export async function readDirectoryAnew(env: Env, appId: string, topic: string): Promise<readonly ShardRange[]> {
  const name = topicName(appId, topic)
  const ranges = await durable(env.TOPIC, name).directory()
  directories.set(name, ranges, Date.now())
  return ranges
}

export interface ShardIdentity {
  readonly appId: string
  readonly topic: string
  /** Within its topic; 0 is the first. */
  readonly number: number
}

export function topicName(appId: string, topic: string): string {
  return `${appId}/${topic}`
}

export function shardName({ appId, topic, number }: ShardIdentity): string {
  return `${topicName(appId, topic)}/${number}`
}

/** Neither app ids nor topic names have a slash, see push/topic-name.ts. */
export function parseShardName(name: string): ShardIdentity {
  const [appId, topic, number] = name.split('/') as [string, string, string]
  return { appId, topic, number: Number(number) }
}

/** A shard's range with the name that the shard is called by. */
export function pieceOf(appId: string, topic: string, { shard, fromSlot, toSlot }: ShardRange): Piece {
  return { shard: shardName({ appId, topic, number: shard }), fromSlot, toSlot }
}
