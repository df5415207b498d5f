/** The tables of topics and of who is in them. No queries here. */
import { isNotNull } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Topics that were ever subscribed to, for listing. `WITHOUT ROWID` (see the migration). */
export const topicTable = sqliteTable(
  'topic',
  {
    appId: text('app_id').notNull(),
    name: text('name').notNull(),
    createdAt: integer('created_at').notNull(),
    /** Epoch ms; null: never. Subscriptions up to then are void, and are removed bit by bit; later ones count. */
    deletedAt: integer('deleted_at'),
  },
  (table) => [
    primaryKey({ columns: [table.appId, table.name] }),
    index('topic_deleted').on(table.appId, table.name).where(isNotNull(table.deletedAt)),
  ],
)

/**
 * Which device is in which topic: the truth; the fan-out copy is in the topic's shards. Ordered by device
 * because that is how it is asked: what must a shard know when this device moves? `WITHOUT ROWID`.
 */
export const topicDeviceTable = sqliteTable(
  'topic_device',
  {
    appId: text('app_id').notNull(),
    deviceId: text('device_id').notNull(),
    topic: text('topic').notNull(),
    /** Epoch ms; null: before this was noted. Tells a subscription from one to a topic of that name that was deleted. */
    joinedAt: integer('joined_at'),
  },
  (table) => [primaryKey({ columns: [table.appId, table.deviceId, table.topic] })],
)
