/** Queries over acts that have begun and are not in the chain yet. */
import type { AuditIntent } from '../../push/audit-entry.ts'

export function putIntent(sql: SqlStorage, id: string, begunAt: number, record: AuditIntent): void {
  const query = 'insert or ignore into intent (id, begun_at, record) values (?, ?, ?)'
  sql.exec(query, id, begunAt, JSON.stringify(record))
}

/** Takes one out; null: it is not there, or not any more. */
export function takeIntent(sql: SqlStorage, id: string): AuditIntent | null {
  const [taken] = sql.exec<{ record: string }>('delete from intent where id = ? returning record', id).toArray()
  return taken === undefined ? null : JSON.parse(taken.record)
}

/** The ids of those that began no later than an instant in epoch ms, the oldest first. */
export function listIntentsUntil(sql: SqlStorage, until: number, limit: number): string[] {
  const query = 'select id from intent where begun_at <= ? order by begun_at limit ?'
  return [...sql.exec<{ id: string }>(query, until, limit)].map(({ id }) => id)
}

/** When the oldest began; null: there is none. */
export function oldestIntentAt(sql: SqlStorage): number | null {
  return sql.exec<{ at: number | null }>('select min(begun_at) as at from intent').one().at
}
