/** The table that a Notification has beside its ledger: what devices reported. Definition only. */
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export { exception, fanout, member, ticket } from '../ledger/tables.ts'

/** One event a device reported for this notification; repeated reports are the same row. */
export const receipt = sqliteTable(
  'receipt',
  {
    deviceId: text('device_id').notNull(),
    event: text('event').notNull(),
    /** Epoch ms, as the device says. */
    at: integer('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.deviceId, table.event] })],
)
