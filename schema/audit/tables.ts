/** The tables of an AuditLog. Definitions only; queries stand beside in entries.ts, intents.ts and refusals.ts. */
import { isNotNull } from 'drizzle-orm'
import { integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

/** The chain. Rows are added at its end and taken away at its beginning, and never changed. */
export const entry = sqliteTable(
  'entry',
  {
    sequence: integer('sequence').primaryKey(),
    /** What may be in the log once only, however often it is told: a notification. Null: what is told is new. */
    once: text('once'),
    /** The row as it is answered (push/audit-chain.ts), as JSON. */
    record: text('record').notNull(),
  },
  (table) => [uniqueIndex('entry_once').on(table.once).where(isNotNull(table.once))],
)

/** Acts that have begun. `WITHOUT ROWID` (see the migration). */
export const intent = sqliteTable('intent', {
  id: text('id').primaryKey(),
  /** Epoch ms. */
  begunAt: integer('begun_at').notNull(),
  /** What is known of it (push/audit-entry.ts), as JSON. */
  record: text('record').notNull(),
})

/** Attempts that were refused, of one caller since the first of them. `WITHOUT ROWID` (see the migration). */
export const refusal = sqliteTable('refusal', {
  /** Who, in a word. */
  actor: text('actor').primaryKey(),
  /** Epoch ms of the first. */
  begunAt: integer('begun_at').notNull(),
  /** How often it tried what (push/audit-refusals.ts), as JSON. */
  record: text('record').notNull(),
})
