/** The tables of a WebhookOutbox: events, and what became of each at each webhook. Definition only. `WITHOUT ROWID`. */
import { isNotNull } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** What happened, once: an event that is told again has the same key. */
export const event = sqliteTable('event', {
  /** The part of its id that does not depend on the time. */
  key: text('key').primaryKey(),
  id: text('id').notNull(),
  type: text('type').notNull(),
  /** Epoch ms, as all times here. */
  at: integer('at').notNull(),
  /** What is signed and sent. */
  body: text('body').notNull(),
})

/** One event on its way to one webhook, see push/webhook-delivery.ts. The index finds what is not over. */
export const delivery = sqliteTable(
  'delivery',
  {
    webhookId: text('webhook_id').notNull(),
    id: text('id').notNull(),
    eventKey: text('event_key').notNull(),
    state: text('state').notNull(),
    tries: integer('tries').notNull(),
    nextAt: integer('next_at'),
    leaseId: text('lease_id'),
    createdAt: integer('created_at').notNull(),
    startedAt: integer('started_at').notNull(),
    settledAt: integer('settled_at'),
    /** JSON of push/webhook-delivery.ts `WebhookAttempt`s. */
    attempts: text('attempts').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.webhookId, table.id] }),
    index('delivery_open').on(table.webhookId, table.state, table.nextAt).where(isNotNull(table.nextAt)),
  ],
)
