/**
 * Queries over the members of a ledger. Bulk statements take one JSON parameter (`json_each`): SQLite in an
 * object allows 100 bound parameters.
 */
import type { AddressKind, Platform } from '../../push/device.ts'
import type { TicketMember } from '../../push/ticket.ts'
import { cutRows } from '../d1/json-list.ts'

/** What a present member is found by. */
export interface MemberRowKey {
  readonly platform: Platform
  readonly slot: number
  readonly deviceId: string
}

/** A member as its row needs it. */
export interface MemberRow extends MemberRowKey {
  readonly userId: string | null
  readonly addressKind: AddressKind
  readonly address: string
}

/** What SqlStorage wants to know of a row's type. */
export type Row = { [column: string]: SqlStorageValue }

/** Columns of one element of the JSON parameter, in `membersAsJson`'s order. */
const ELEMENT = `
  value ->> 0 as platform, value ->> 1 as slot, value ->> 2 as device_id, value ->> 3 as user_id,
  value ->> 4 as address_kind, value ->> 5 as address`

function membersAsJson(rows: readonly MemberRow[]): string {
  return JSON.stringify(
    rows.map((row) => [row.platform, row.slot, row.deviceId, row.userId, row.addressKind, row.address]),
  )
}

/** For `(platform, slot, device_id) in (KEYS)`, as one parameter. */
export function keysAsJson(keys: readonly MemberRowKey[]): string {
  return JSON.stringify(keys.map((key) => [key.platform, key.slot, key.deviceId]))
}

/** Whom {@link keysAsJson} names, out of the first parameter. */
export const KEYS = 'select value ->> 0, value ->> 1, value ->> 2 from json_each(?1)'

/** Brings the rows of those of the given devices that are members up to date; makes nobody a member. */
export function updateMembers(sql: SqlStorage, rows: readonly MemberRow[]): void {
  for (const part of cutRows(rows)) updateFrom(sql, membersAsJson(part))
}

function updateFrom(sql: SqlStorage, json: string): void {
  sql.exec(
    `update member set
       user_id = given.user_id, address_kind = given.address_kind, address = given.address
     from (select ${ELEMENT} from json_each(?)) as given
     where member.platform = given.platform and member.slot = given.slot and member.device_id = given.device_id
       and member.left_seq is null
       and (member.address <> given.address or member.user_id is not given.user_id)`,
    json,
  )
}

/**
 * Makes the given devices members as of `sequence`, or brings the row of those that are members up to date.
 * @returns how many joined that were not members
 */
export function putMembers(sql: SqlStorage, rows: readonly MemberRow[], sequence: number): number {
  return cutRows(rows).reduce((joined, part) => joined + putPart(sql, part, sequence), 0)
}

/** As many as one parameter may carry: a text has 2 MB at most, and addresses may be long. */
function putPart(sql: SqlStorage, rows: readonly MemberRow[], sequence: number): number {
  const json = membersAsJson(rows)
  updateFrom(sql, json)
  const [{ known }] = sql
    .exec<{ known: number }>(
      `select count(*) as known from (select ${ELEMENT} from json_each(?)) as given
       join member using (platform, slot, device_id) where member.left_seq is null`,
      json,
    )
    .toArray() as [{ known: number }]
  if (known === rows.length) return 0
  sql.exec(
    `insert into member (platform, slot, device_id, joined_seq, left_seq, user_id, address_kind, address)
     select given.platform, given.slot, given.device_id, ?2, null, given.user_id, given.address_kind, given.address
     from (select ${ELEMENT} from json_each(?1)) as given
     where not exists (
       select 1 from member where member.platform = given.platform and member.slot = given.slot
         and member.device_id = given.device_id and member.left_seq is null)
     on conflict do update set left_seq = null, user_id = excluded.user_id, address_kind = excluded.address_kind,
       address = excluded.address`,
    json,
    sequence,
  )
  return rows.length - known
}

/**
 * Ends the membership of the given devices as of `sequence`. A version that no fan-out can have seen is deleted.
 * @returns how many left that were members
 */
export function dropMembers(sql: SqlStorage, keys: readonly MemberRowKey[], sequence: number): number {
  const json = keysAsJson(keys)
  const chosen = `(platform, slot, device_id) in (${KEYS}) and left_seq is null`
  const fresh = sql
    .exec(`delete from member where ${chosen} and joined_seq >= ?2 returning 1`, json, sequence)
    .toArray()
  const seen = sql.exec(`update member set left_seq = ?2 where ${chosen} returning 1`, json, sequence).toArray()
  return fresh.length + seen.length
}

/** The end of a ticket's range. */
export interface Cut {
  readonly platform: Platform
  readonly slot: number
  readonly deviceId: string
  readonly size: number
}

/**
 * Walks the members of one platform as of a fan-out, after a position and before `toSlot`, and calls `onCut` for each
 * run of `size` and for the rest; with `bySlot` also wherever the slot changes. Stops after `limit` members: then the
 * last cut is where to go on.
 * @returns whether the end was reached
 */
export function cutMembers(
  sql: SqlStorage,
  from: { platform: Platform; openedSeq: number; slot: number; deviceId: string; toSlot: number; bySlot: boolean },
  size: number,
  limit: number,
  onCut: (cut: Cut) => void,
): boolean {
  const cursor = sql
    .exec<{ slot: number; device_id: string }>(
      `select slot, device_id from member
       where platform = ?1 and slot >= ?3 and slot < ?6 and (slot > ?3 or device_id > ?4)
         and joined_seq <= ?2 and (left_seq is null or left_seq > ?2)
       order by slot, device_id limit ?5`,
      from.platform,
      from.openedSeq,
      from.slot,
      from.deviceId,
      limit,
      from.toSlot,
    )
    .raw<[number, string]>()
  let seen = 0
  let run = 0
  let last: [number, string] = [from.slot, from.deviceId]
  const cut = () => {
    if (run > 0) onCut({ platform: from.platform, slot: last[0], deviceId: last[1], size: run })
    run = 0
  }
  for (const row of cursor) {
    if (from.bySlot && row[0] !== last[0]) cut()
    last = row
    seen++
    if (++run === size) cut()
  }
  cut()
  return seen < limit
}

/** A ticket's range of the key. */
export interface TicketRange {
  readonly platform: Platform
  readonly fromSlot: number
  readonly fromDevice: string
  readonly toSlot: number
  readonly toDevice: string
}

/** A ticket's range as of its fan-out. */
export interface OpenedRange extends TicketRange {
  readonly openedSeq: number
}

/** The rows of a range; its parameters are {@link rangeParameters}. */
const IN_RANGE = `platform = ?1 and slot between ?2 and ?4
  and (slot > ?2 or device_id > ?3) and (slot < ?4 or device_id <= ?5)`

function rangeParameters(range: TicketRange) {
  return [range.platform, range.fromSlot, range.fromDevice, range.toSlot, range.toDevice] as const
}

/** The recipients of a ticket in ordinal order, with some columns of their rows as they are now. */
export function readRange<Columns extends SqlStorageValue[]>(
  sql: SqlStorage,
  range: OpenedRange,
  columns: string,
): IterableIterator<Columns> {
  const query = `select ${columns} from member
    where ${IN_RANGE} and joined_seq <= ?6 and (left_seq is null or left_seq > ?6)
    order by slot, device_id`
  return sql.exec(query, ...rangeParameters(range), range.openedSeq).raw<Columns>()
}

/** The members of a ticket in ordinal order, as they are now; those that left since are marked, not missing. */
export function readTicketMembers(sql: SqlStorage, range: OpenedRange): TicketMember[] {
  const columns = 'device_id, user_id, address_kind, address, left_seq'
  const rows = readRange<[string, string | null, AddressKind, string, number | null]>(sql, range, columns)
  const members: TicketMember[] = []
  for (const [deviceId, userId, kind, value, leftSeq] of rows) {
    members.push({ deviceId, userId, address: { kind, value }, left: leftSeq !== null })
  }
  return members
}

/** Where a device stands in the members of a fan-out. Reads every row: for an operator's question, not for a send. */
export function findMember(
  sql: SqlStorage,
  deviceId: string,
  openedSeq: number,
): { platform: Platform; slot: number } | null {
  const [row] = sql
    .exec<{ platform: Platform; slot: number }>(
      `select platform, slot from member
       where device_id = ?1 and joined_seq <= ?2 and (left_seq is null or left_seq > ?2)`,
      deviceId,
      openedSeq,
    )
    .toArray()
  return row ?? null
}

/** The members in a ticket's range that have not left. */
export function listMemberKeys(sql: SqlStorage, range: TicketRange): MemberRowKey[] {
  const query = `select platform, slot, device_id as deviceId from member where ${IN_RANGE} and left_seq is null`
  return sql.exec<MemberRowKey & Row>(query, ...rangeParameters(range)).toArray()
}
