/**
 * Queries of a shard that gives slots to another one: where to cut, what to copy, and what may be forgotten afterwards.
 * What changes meanwhile is changes.ts.
 */
import { PLATFORMS } from '../../push/device.ts'
import type { OrdinalSet } from '../../push/ledger.ts'
import type { SlotRange } from '../../push/shard-directory.ts'
import {
  KEYS,
  keysAsJson,
  type MemberRow,
  type MemberRowKey,
  type OpenedRange,
  type Row,
  readRange,
} from './members.ts'

/**
 * The slot at which the members of a range fall into two halves; null when all of them have the same slot. Both
 * halves have somebody, and nobody's devices are torn apart, because they share a slot.
 *
 * @param members how many members the range has now
 */
export function readMiddleSlot(sql: SqlStorage, { fromSlot, toSlot }: SlotRange, members: number): number | null {
  const own = 'from member where left_seq is null and slot >= ?1 and slot < ?2'
  const [middle] = sql
    .exec<{ slot: number }>(
      `select slot ${own} order by slot limit 1 offset ?3`,
      fromSlot,
      toSlot,
      Math.floor(members / 2),
    )
    .toArray()
  if (!middle) return null
  const below = sql.exec(`select 1 ${own} limit 1`, fromSlot, middle.slot).toArray().length > 0
  if (below) return middle.slot
  return sql.exec<{ next: number | null }>(`select min(slot) as next ${own}`, middle.slot + 1, toSlot).one().next
}

/** A page of the members of a range, in the order of the key. Shorter than `limit`: there are no more. */
export function readMemberPage(
  sql: SqlStorage,
  { fromSlot, toSlot }: SlotRange,
  after: MemberRowKey | null,
  limit: number,
): MemberRow[] {
  const page: MemberRow[] = []
  const first = after === null ? 0 : PLATFORMS.indexOf(after.platform)
  for (const platform of PLATFORMS.slice(first)) {
    const from = platform === after?.platform ? after : { slot: fromSlot, deviceId: '' }
    const rows = sql
      .exec<MemberRow & Row>(
        `select ${MEMBER} from member
         where platform = ?1 and slot >= ?2 and slot < ?4 and (slot > ?2 or device_id > ?3) and left_seq is null
         order by slot, device_id limit ?5`,
        platform,
        from.slot,
        from.deviceId,
        toSlot,
        limit - page.length,
      )
      .toArray()
    page.push(...rows)
    if (page.length === limit) break
  }
  return page
}

/** How many members there are now in a range. Reads the rows of the range. */
export function countMembers(sql: SqlStorage, { fromSlot, toSlot }: SlotRange): number {
  const counts = PLATFORMS.map((platform) => {
    const query = 'select count(*) as n from member where platform = ? and slot >= ? and slot < ? and left_seq is null'
    return sql.exec<{ n: number }>(query, platform, fromSlot, toSlot).one().n
  })
  return counts.reduce((all, count) => all + count, 0)
}

/** Members of a range, any of them, up to a limit. */
export function readSomeKeys(sql: SqlStorage, limit: number, { fromSlot, toSlot }: SlotRange): MemberRowKey[] {
  const query = `select platform, slot, device_id as deviceId from member
    where left_seq is null and slot >= ? and slot < ? limit ?`
  return sql.exec<MemberRowKey & Row>(query, fromSlot, toSlot, limit).toArray()
}

/** Those of the given devices that are members now, as they are now. */
export function readMembers(sql: SqlStorage, keys: readonly MemberRowKey[]): MemberRow[] {
  const query = `select ${MEMBER} from member where (platform, slot, device_id) in (${KEYS}) and left_seq is null`
  return sql.exec<MemberRow & Row>(query, keysAsJson(keys)).toArray()
}

/** The recipients of a ticket from a slot on that are neither settled nor known to have left. */
export function readUnsettledKeys(
  sql: SqlStorage,
  range: OpenedRange & { readonly done: OrdinalSet },
  fromSlot: number,
): MemberRowKey[] {
  const rows = readRange<[number, string, number | null]>(sql, range, 'slot, device_id, left_seq')
  const keys: MemberRowKey[] = []
  let ordinal = 0
  for (const [slot, deviceId, leftSeq] of rows) {
    if (slot >= fromSlot && leftSeq === null && !range.done.has(ordinal)) {
      keys.push({ platform: range.platform, slot, deviceId })
    }
    ordinal++
  }
  return keys
}

/** From which slot on no fan-out of this ledger reads members any more; 0: there is no fan-out. */
export function readLastNeededSlot(sql: SqlStorage): number {
  const query = 'select max(to_slot) as toSlot from fanout where opened_seq >= 0'
  return sql.exec<{ toSlot: number | null }>(query).one().toSlot ?? 0
}

/**
 * Deletes members from a slot on, whatever versions there are.
 * @returns whether that were as many as the limit allows, so that there may be more
 */
export function deleteMembersFrom(sql: SqlStorage, fromSlot: number, limit: number): boolean {
  let left = limit
  for (const platform of PLATFORMS) {
    const deleted = sql
      .exec(
        `delete from member where (platform, slot, device_id, joined_seq) in (
           select platform, slot, device_id, joined_seq from member where platform = ?1 and slot >= ?2 limit ?3)
         returning 1`,
        platform,
        fromSlot,
        left,
      )
      .toArray().length
    left -= deleted
    if (left === 0) return true
  }
  return false
}

const MEMBER = 'platform, slot, device_id as deviceId, user_id as userId, address_kind as addressKind, address' as const
