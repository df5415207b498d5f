/** Queries over refused attempts that are being counted. */
import { addRefusals, type Refusals } from '../../push/audit-refusals.ts'

/** Adds to what is counted of a caller. @param now epoch ms */
export function countRefusals(sql: SqlStorage, actor: string, now: number, added: Refusals): void {
  const [known] = sql.exec<{ record: string }>('select record from refusal where actor = ?', actor).toArray()
  const sum = addRefusals(known === undefined ? null : JSON.parse(known.record), added)
  sql.exec(
    `insert into refusal (actor, begun_at, record) values (?, ?, ?)
     on conflict (actor) do update set record = excluded.record`,
    ...[actor, now, JSON.stringify(sum)],
  )
}

/** Takes out what is counted of callers whose count began no later than an instant in epoch ms. */
export function takeRefusalsUntil(sql: SqlStorage, until: number): Refusals[] {
  const query = 'delete from refusal where begun_at <= ? returning record'
  return [...sql.exec<{ record: string }>(query, until)].map(({ record }) => JSON.parse(record))
}

/** When the oldest count began; null: nothing is counted. */
export function oldestRefusalAt(sql: SqlStorage): number | null {
  return sql.exec<{ at: number | null }>('select min(begun_at) as at from refusal').one().at
}
