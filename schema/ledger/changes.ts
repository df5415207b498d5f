/**
 * Queries over the list of those whose membership changed while a shard gives their slots away. An entry says only who;
 * what is true of them is read when it is told.
 */
import { keysAsJson, type MemberRow, type MemberRowKey } from './members.ts'

/** Notes whose membership may have changed, at the end of the list. */
export function logChanges(sql: SqlStorage, keys: readonly MemberRowKey[]): void {
  if (keys.length === 0) return
  sql.exec(
    `insert into change (number, platform, slot, device_id)
     select coalesce((select max(number) from change), 0) + 1 + key, value ->> 0, value ->> 1, value ->> 2
     from json_each(?)`,
    keysAsJson(keys),
  )
}

/** The oldest entries of the list, with what is true of them now. */
export interface LoggedChanges {
  readonly members: MemberRow[]
  readonly gone: MemberRowKey[]
  /** To be forgotten up to here once it has arrived; null: the list is empty. */
  readonly upTo: number | null
  /** Fewer than asked for: the list ends here. */
  readonly complete: boolean
}

export function readChanges(sql: SqlStorage, limit: number): LoggedChanges {
  const rows = sql
    .exec<
      Omit<MemberRow, 'address'> & { address: string | null; number: number } & { [column: string]: SqlStorageValue }
    >(
      `select entry.number, entry.platform, entry.slot, entry.device_id as deviceId, user_id as userId,
         address_kind as addressKind, address
       from (select * from change order by number limit ?) as entry
       left join member on member.platform = entry.platform and member.slot = entry.slot
         and member.device_id = entry.device_id and left_seq is null
       order by entry.number`,
      limit,
    )
    .toArray()
  const latest = new Map(rows.map((row) => [`${row.platform} ${row.slot} ${row.deviceId}`, row]))
  const members: MemberRow[] = []
  const gone: LoggedChanges['gone'] = []
  for (const { number: _number, address, ...row } of latest.values()) {
    if (address === null) gone.push({ platform: row.platform, slot: row.slot, deviceId: row.deviceId })
    else members.push({ ...row, address })
  }
  return { members, gone, upTo: rows.at(-1)?.number ?? null, complete: rows.length < limit }
}

export function forgetChanges(sql: SqlStorage, upTo: number): void {
  sql.exec('delete from change where number <= ?', upTo)
}
