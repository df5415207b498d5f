/** One listing over the ledgers of a notification that are not its own, one after the other. Reads only. */
import type { LedgerRef } from '../schema/queue-messages.ts'
import { shardNumberOf } from './pieces.ts'
import type { DeliveryPage, DeliveryQuery, DeliveryView } from './rpc.ts'
import { ledgerNamed } from './stubs.ts'

/** One page. The cursor is `index of the ledger/cursor within it`. */
export async function shardDeliveries(
  env: Env,
  ledgers: readonly LedgerRef[],
  notificationId: string,
  query: DeliveryQuery,
): Promise<DeliveryPage> {
  const data: DeliveryView[] = []
  let [index, cursor] = parseCursor(query.cursor)
  for (; index < ledgers.length; index++, cursor = null) {
    const limit = query.limit - data.length
    if (limit === 0) return { data, nextCursor: `${index}/` }
    const ref = ledgers[index]!
    const page = await ledgerNamed(env, ref).ledgerDeliveries(notificationId, { ...query, cursor, limit })
    const shard = shardNumberOf(ref)
    data.push(...page.data.map((view) => ({ ...view, place: { ...view.place, shard } })))
    if (page.nextCursor !== null) return { data, nextCursor: `${index}/${page.nextCursor}` }
  }
  return { data, nextCursor: null }
}

function parseCursor(cursor: string | null): [number, string | null] {
  const match = /^(\d{1,5})\/(.*)$/.exec(cursor ?? '')
  return match ? [Number(match[1]), match[2] || null] : [0, null]
}
