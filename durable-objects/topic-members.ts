/**
 * What the edges and other shards ask of a topic's shards: join, leave, count, who is there. Bulk goes in bounded
 * calls; every call is idempotent. Who owns a slot is topic-owners.ts.
 */
import { ownersWithin, type Piece, type SlotRange } from '../push/shard-directory.ts'
import type { Member, MemberKey } from './rpc.ts'
import { pieceOf, readDirectory, readDirectoryAnew } from './topic-directory.ts'
import { askAllOwners, askOwnersOf } from './topic-owners.ts'

/** Makes devices subscribers of a topic, or brings their addresses up to date. */
export async function joinTopic(env: Env, appId: string, topic: string, members: readonly Member[]): Promise<void> {
  await askOwnersOf({ env, appId, topic }, members, (shard, part) => shard.join(part))
}

/** Ends subscriptions of a topic. */
export async function leaveTopic(env: Env, appId: string, topic: string, keys: readonly MemberKey[]): Promise<void> {
  await askOwnersOf({ env, appId, topic }, keys, (shard, part) => shard.leave(part))
}

/**
 * Ends subscriptions and makes others. A shard that owns both places of a device changes them in one turn; two shards
 * are told at the same time, and either may be the first.
 */
export async function replaceInTopic(
  env: Env,
  appId: string,
  topic: string,
  gone: readonly MemberKey[],
  members: readonly Member[],
): Promise<void> {
  const rows = [
    ...gone.map((key) => ({ slot: key.slot, key })),
    ...members.map((member) => ({ slot: member.slot, member })),
  ]
  await askOwnersOf({ env, appId, topic }, rows, (shard, part) => {
    const left = part.flatMap((row) => ('key' in row ? row.key : []))
    const joined = part.flatMap((row) => ('member' in row ? row.member : []))
    return shard.replace(left, joined)
  })
}

/** Those of the given devices that are subscribers now, as they are now. */
export async function findSubscribers(
  env: Env,
  appId: string,
  topic: string,
  keys: readonly MemberKey[],
): Promise<Member[]> {
  return (await askOwnersOf({ env, appId, topic }, keys, (shard, part) => shard.find(part))).flat()
}

/**
 * How many subscribers a topic has, exactly, in how many shards. Every slot is counted by the one shard that owned it
 * when it answered, so a topic that splits meanwhile counts nobody twice and forgets nobody.
 */
export async function readTopic(
  env: Env,
  appId: string,
  topic: string,
): Promise<{ subscribers: number; shards: number }> {
  const counts = await askAllOwners({ env, appId, topic }, (shard, piece) => shard.count(piece))
  return { subscribers: counts.reduce((all, count) => all + count, 0), shards: counts.length }
}

/**
 * Ends all subscriptions of a topic, in bounded steps: whoever a fan-out has not reached yet settles as suppressed. Who
 * joins afterwards joins an empty topic. May be repeated, and has to be when it was interrupted.
 */
export async function dropTopic(env: Env, appId: string, topic: string): Promise<void> {
  for (;;) {
    const more = await askAllOwners({ env, appId, topic }, (shard, piece) => shard.dropSome(piece))
    if (!more.includes(true)) return
  }
}

/** The shards of a topic with the slots each of them owns, in the order of the slots. */
export async function readPieces(env: Env, appId: string, topic: string): Promise<Piece[]> {
  return (await readDirectory(env, appId, topic)).map((range) => pieceOf(appId, topic, range))
}

/** Who owns these slots now: as the Topic says, for somebody who was told that they have moved. */
export async function readPiecesAnew(env: Env, appId: string, topic: string, slots: SlotRange): Promise<Piece[]> {
  const ranges = await readDirectoryAnew(env, appId, topic)
  return ownersWithin(ranges, slots).map((range) => pieceOf(appId, topic, range))
}
