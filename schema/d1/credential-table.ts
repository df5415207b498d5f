/** The table of credentials. No queries here. */
import { blob, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { PublicCredential } from '../../push/credential.ts'
import type { Platform } from '../../push/device.ts'

/** What an app gave us to speak to a push service: one a platform. `WITHOUT ROWID` (see the migration). */
export const credentialTable = sqliteTable(
  'credential',
  {
    appId: text('app_id').notNull(),
    platform: text('platform').$type<Platform>().notNull(),
    /** Grows with every change and never comes back: minted provider tokens are kept by it. */
    version: integer('version').notNull(),
    /** See push/credential-encryption.ts. */
    sealed: blob('sealed').$type<ArrayBuffer>().notNull(),
    /** What may be shown. */
    shown: text('shown', { mode: 'json' }).$type<PublicCredential>().notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.appId, table.platform] })],
)
