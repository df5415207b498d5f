/**
 * Asks the shards that own a topic's slots, and asks again when slots have moved. Sequences calls; decides nothing
 * about members. Every call through here may be repeated.
 */
import { chunksOf } from '../push/chunks.ts'
import { ownerOf, type Piece, type ShardRange } from '../push/shard-directory.ts'
import type { OwnerAnswer, ShardCalls } from './rpc.ts'
import { shardNamed } from './stubs.ts'
import { pieceOf, readDirectory, readDirectoryAnew } from './topic-directory.ts'

/** Rows a call to a shard carries: about 1 MB of device tokens, well under what one RPC call may carry. */
const ROWS_A_CALL = 5_000

/** Shards asked at a time: Cloudflare lets an invocation have six connections open. */
const SHARDS_AT_A_TIME = 6

/**
 * Rounds of asking before giving up. A shard that gave slots away is behind the second round; more are needed only when
 * a topic splits again and again while we ask.
 */
const MAX_ROUNDS = 8
/** The wait before the third round; doubles with each further one. */
const ROUND_WAIT_MS = 20

export interface TopicPlace {
  readonly env: Env
  readonly appId: string
  readonly topic: string
}

/** Carries rows to the shards that own their slots. @returns what the shards answered, in no order */
export async function askOwnersOf<R extends { readonly slot: number }, T>(
  place: TopicPlace,
  rows: readonly R[],
  ask: (shard: ShardCalls, part: R[]) => Promise<OwnerAnswer<T>>,
): Promise<T[]> {
  const values: T[] = []
  let rest = rows
  for (let round = 1; rest.length > 0; round++) {
    const ranges = await directoryIn(place, round)
    const moved: R[] = []
    await inTurns(cutByOwner(place, ranges, rest), async ({ shard, part }) => {
      const answer = await ask(shardNamed(place.env, shard), part)
      if (answer.kind === 'done') values.push(answer.value)
      else moved.push(...part)
    })
    rest = moved
  }
  return values
}

/** Asks every shard of the topic, each for exactly the slots it owns; when one has moved, all are asked again. */
export async function askAllOwners<T>(
  place: TopicPlace,
  ask: (shard: ShardCalls, piece: Piece) => Promise<OwnerAnswer<T>>,
): Promise<T[]> {
  for (let round = 1; ; round++) {
    const pieces = (await directoryIn(place, round)).map((range) => pieceOf(place.appId, place.topic, range))
    const values: T[] = []
    await inTurns(pieces, async (piece) => {
      const answer = await ask(shardNamed(place.env, piece.shard), piece)
      if (answer.kind === 'done') values.push(answer.value)
    })
    if (values.length === pieces.length) return values
  }
}

/** @param round from the second on the Topic itself is asked */
async function directoryIn({ env, appId, topic }: TopicPlace, round: number): Promise<readonly ShardRange[]> {
  if (round > MAX_ROUNDS) throw new Error(`the shards of ${topic} kept moving`)
  if (round > 2) await new Promise((resolve) => setTimeout(resolve, ROUND_WAIT_MS * 2 ** (round - 3)))
  return await (round === 1 ? readDirectory : readDirectoryAnew)(env, appId, topic)
}

function cutByOwner<R extends { readonly slot: number }>(
  { appId, topic }: TopicPlace,
  ranges: readonly ShardRange[],
  rows: readonly R[],
): { shard: string; part: R[] }[] {
  const calls: { shard: string; part: R[] }[] = []
  for (const [owner, own] of Map.groupBy(rows, ({ slot }) => ownerOf(ranges, slot))) {
    const { shard } = pieceOf(appId, topic, owner)
    for (const part of chunksOf(own, ROWS_A_CALL)) calls.push({ shard, part })
  }
  return calls
}

async function inTurns<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  for (const some of chunksOf(items, SHARDS_AT_A_TIME)) await Promise.all(some.map(act))
}
