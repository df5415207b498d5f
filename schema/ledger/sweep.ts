/** Queries that empty a ledger of what nobody asks for any more. Bounded steps: a large ledger is swept in many. */

/** Rows deleted by one statement: keeps a step to some tens of milliseconds. */
const ROWS_A_STEP = 5_000

/** It is over, and no replay that is still here needs it: a replay reads in it who is of the replay. */
const SWEEPABLE = `state = 'reported'
  and notification_id not in (select replay_of from fanout where replay_of is not null)`

/** When the oldest fan-out that may be swept was opened; null: there is none. */
export function oldestReportedAt(sql: SqlStorage): number | null {
  const [row] = sql
    .exec<{ openedAt: number | null }>(`select min(opened_at) as openedAt from fanout where ${SWEEPABLE}`)
    .toArray()
  return row?.openedAt ?? null
}

/**
 * Deletes one step's worth of fan-outs that may be swept and were opened before an instant, and of the memberships that
 * ended before any fan-out that is left.
 * @returns whether there is more
 */
export function sweepStep(sql: SqlStorage, openedBefore: number): boolean {
  const [old] = sql
    .exec<{ id: string }>(
      `select notification_id as id from fanout where ${SWEEPABLE} and opened_at < ? limit 1`,
      openedBefore,
    )
    .toArray()
  if (old) {
    for (const table of ['exception', 'ticket'] as const) {
      if (deleteSome(sql, table, 'notification_id = ?', old.id) === ROWS_A_STEP) return true
    }
    sql.exec('delete from fanout where notification_id = ?', old.id)
    return true
  }
  const { first } = sql
    .exec<{ first: number | null }>('select min(opened_seq) as first from fanout where opened_seq >= 0')
    .one()
  return deleteSome(sql, 'member', 'left_seq <= ?', first ?? Number.MAX_SAFE_INTEGER) === ROWS_A_STEP
}

/** `WITHOUT ROWID` tables have no `delete … limit`: the keys are chosen first. */
function deleteSome(sql: SqlStorage, table: keyof typeof KEYS, condition: string, parameter: string | number): number {
  const key = KEYS[table]
  return sql
    .exec(
      `delete from ${table} where (${key}) in (select ${key} from ${table} where ${condition} limit ${ROWS_A_STEP}) returning 1`,
      parameter,
    )
    .toArray().length
}

const KEYS = {
  exception: 'notification_id, ticket, ordinal',
  ticket: 'notification_id, number',
  member: 'platform, slot, device_id, joined_seq',
} as const
