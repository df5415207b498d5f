/** Queries over the chain of an audit log. */
import type { AuditRow } from '../../push/audit-chain.ts'

/** Which rows to list; null: all. */
export interface EntryFilter {
  /** An id, or a kind of caller. */
  readonly actor: string | null
  readonly action: string | null
  readonly target: string | null
  readonly outcome: string | null
}

/** Rows looked at for one page: some tens of milliseconds. No index, because each would be a billed row more for each act. */
const SCANNED_ROWS = 10_000

/** Adds a row at the end. @param once see tables.ts */
export function putEntry(sql: SqlStorage, row: AuditRow, once: string | null): void {
  sql.exec('insert into entry (sequence, once, record) values (?, ?, ?)', row.sequence, once, JSON.stringify(row))
}

/** Whether that is in the log already. */
export function hasEntry(sql: SqlStorage, once: string): boolean {
  return sql.exec('select 1 from entry where once = ?', once).toArray().length > 0
}

/** Whether there is a row of another action. @param before looks only at rows before this number; left out: at all */
export function hasOtherThan(sql: SqlStorage, action: string, before: number = Number.MAX_SAFE_INTEGER): boolean {
  const query = "select 1 from entry where sequence < ? and record ->> '$.action' <> ? limit 1"
  return sql.exec(query, before, action).toArray().length > 0
}

export function readEntry(sql: SqlStorage, sequence: number): AuditRow | null {
  const [found] = sql.exec<{ record: string }>('select record from entry where sequence = ?', sequence).toArray()
  return found === undefined ? null : JSON.parse(found.record)
}

/** The numbers of the oldest and the newest row; null: there are none. */
export function readBounds(sql: SqlStorage): { first: number; last: number } | null {
  const ends = 'select (select min(sequence) from entry) as first, (select max(sequence) from entry) as last'
  const { first, last } = sql.exec<{ first: number | null; last: number | null }>(ends).one()
  return first === null || last === null ? null : { first, last }
}

/** Rows in order, each as the JSON that is kept. */
export function readRecords(sql: SqlStorage, after: number, upTo: number, limit: number): string[] {
  const query = 'select record from entry where sequence > ? and sequence <= ? order by sequence limit ?'
  return [...sql.exec<{ record: string }>(query, after, upTo, limit)].map(({ record }) => record)
}

/** The number of the first row that is not older than an instant, found in a few reads because rows are in order of time. */
export function firstSince(sql: SqlStorage, at: number): number {
  const bounds = readBounds(sql)
  if (bounds === null) return 1
  let [low, high] = [bounds.first, bounds.last + 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (Date.parse(readEntry(sql, middle)!.at) < at) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Rows from the newest on, of those from one number up to, not including, another.
 *
 * @returns where to go on from; null: that was all
 */
export function listEntries(
  sql: SqlStorage,
  filter: EntryFilter,
  { from, before, limit }: { readonly from: number; readonly before: number; readonly limit: number },
): { readonly rows: AuditRow[]; readonly nextBefore: number | null } {
  const floor = Math.max(from, before - SCANNED_ROWS)
  const found = sql.exec<{ record: string }>(
    `select record from entry where sequence >= ?1 and sequence < ?2
       and (?3 is null or record ->> '$.actor.id' = ?3 or record ->> '$.actor.kind' = ?3)
       and (?4 is null or record ->> '$.action' = ?4)
       and (?5 is null or record ->> '$.target' = ?5)
       and (?6 is null or record ->> '$.outcome' = ?6)
     order by sequence desc limit ?7`,
    ...[floor, before, filter.actor, filter.action, filter.target, filter.outcome, limit],
  )
  const rows = [...found].map(({ record }): AuditRow => JSON.parse(record))
  const reached = rows.length === limit ? rows.at(-1)!.sequence : floor
  return { rows, nextBefore: reached > from ? reached : null }
}

/** Takes rows away at the beginning, up to and including that one. */
export function dropEntries(sql: SqlStorage, upTo: number): void {
  sql.exec('delete from entry where sequence <= ?', upTo)
}
