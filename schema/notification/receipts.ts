/** Queries over what devices reported for one notification. */

type ReceiptEvent = 'delivered' | 'opened' | 'clicked' | 'dismissed'

/** Keeps events; one that is known is left as it is. A known row costs nothing. */
export function putReceipts(
  sql: SqlStorage,
  deviceId: string,
  events: readonly { event: ReceiptEvent; at: number }[],
): void {
  sql.exec(
    `insert or ignore into receipt (device_id, event, at)
     select ?1, value ->> 0, value ->> 1 from json_each(?2)`,
    deviceId,
    JSON.stringify(events.map(({ event, at }) => [event, at])),
  )
}

/** How many devices reported each event. Reads every row; asked by people, not by sends. */
export function countReceipts(sql: SqlStorage): { delivered: number; opened: number; clicked: number } {
  const counts = { delivered: 0, opened: 0, clicked: 0, dismissed: 0 }
  const rows = sql.exec<{ event: ReceiptEvent; count: number }>(
    'select event, count(*) as count from receipt group by event',
  )
  for (const { event, count } of rows) counts[event] = count
  const { delivered, opened, clicked } = counts
  return { delivered, opened, clicked }
}
