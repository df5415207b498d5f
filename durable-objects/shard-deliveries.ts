/** One listing over the ledgers of a topic's shards, shard after shard. Reads only. */
import type { DeliveryPage, DeliveryQuery, DeliveryView } from './rpc.ts'
import { shardNamed } from './stubs.ts'

/** One page. The cursor is `index of the shard/cursor within it`. */
export async function shardDeliveries(
  env: Env,
  shards: readonly string[],
  notificationId: string,
  query: DeliveryQuery,
): Promise<DeliveryPage> {
  const data: DeliveryView[] = []
  let [index, cursor] = parseCursor(query.cursor)
  for (; index < shards.length; index++, cursor = null) {
    const limit = query.limit - data.length
    if (limit === 0) return { data, nextCursor: `${index}/` }
    const shard = shardNamed(env, shards[index]!)
    const page = await shard.ledgerDeliveries(notificationId, { ...query, cursor, limit })
    data.push(...page.data)
    if (page.nextCursor !== null) return { data, nextCursor: `${index}/${page.nextCursor}` }
  }
  return { data, nextCursor: null }
}

function parseCursor(cursor: string | null): [number, string | null] {
  const match = /^(\d{1,5})\/(.*)$/.exec(cursor ?? '')
  return match ? [Number(match[1]), match[2] || null] : [0, null]
}
