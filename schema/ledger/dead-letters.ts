/** Queries over who was given up in a ledger, and over what was sent again. */

/** How many of a fan-out's recipients were given up: open to a replay, or taken by one. */
export interface DeadLetterCount {
  readonly open: number
  readonly replayed: number
}

/**
 * Counts without reading members. Who failed with the rest of a ticket has no row: they are the ticket's failures less
 * those that have one.
 */
export function countDeadLetters(sql: SqlStorage, notificationId: string): DeadLetterCount {
  const { failed, open } = sql
    .exec<{ failed: number; open: number }>(
      `select
         (select coalesce(sum(failed), 0) from ticket where notification_id = ?1) as failed,
         (select count(*) from exception
          where notification_id = ?1 and status = 'failed' and replayed_by is null)
         + (select coalesce(sum(failed - (
              select count(*) from exception as own
              where own.notification_id = ?1 and own.ticket = ticket.number and own.status = 'failed')), 0)
            from ticket
            where notification_id = ?1 and rest_status = 'failed' and rest_replayed_by is null) as open`,
      notificationId,
    )
    .one()
  return { open, replayed: failed - open }
}

/** Marks rows as sent again. Only those that say `failed` and were not taken before. */
export function markReplayed(
  sql: SqlStorage,
  place: { readonly notificationId: string; readonly ticket: number },
  ordinals: readonly number[],
  replayedBy: string,
): void {
  if (ordinals.length === 0) return
  sql.exec(
    `update exception set replayed_by = ?3
     where notification_id = ?1 and ticket = ?2 and ordinal in (select value from json_each(?4))
       and status = 'failed' and replayed_by is null`,
    place.notificationId,
    place.ticket,
    replayedBy,
    JSON.stringify(ordinals),
  )
}

/** When the newest fan-out of a ledger was opened; null: there is none. */
export function newestOpenedAt(sql: SqlStorage): number | null {
  const [row] = sql
    .exec<{ openedAt: number | null }>('select max(opened_at) as openedAt from fanout where opened_seq >= 0')
    .toArray()
  return row?.openedAt ?? null
}
