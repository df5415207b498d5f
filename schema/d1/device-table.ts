/** The table of devices, and a device as the rest of the house knows it. No queries here. */

import { isNotNull } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { Address, AddressKind, Platform } from '../../push/device.ts'
import type { JsonObject } from '../../push/notification.ts'

/** Devices: the truth about who can be reached and where. `WITHOUT ROWID` (see the migration). */
export const deviceTable = sqliteTable(
  'device',
  {
    appId: text('app_id').notNull(),
    id: text('id').notNull(),
    platform: text('platform').$type<Platform>().notNull(),
    addressKind: text('address_kind').$type<AddressKind>().notNull(),
    address: text('address').notNull(),
    /** base64url of SHA-256 over kind and value: the same address is the same device. */
    addressHash: text('address_hash').notNull(),
    slot: integer('slot').notNull(),
    /**
     * A JSON list of slots at which shards may have it still: it has moved since, and they were not told yet. Null: told,
     * which is almost always.
     */
    oldSlots: text('old_slots', { mode: 'json' }).$type<readonly number[]>(),
    userId: text('user_id'),
    locale: text('locale'),
    timezone: text('timezone'),
    appVersion: text('app_version'),
    /** A JSON object. */
    attributes: text('attributes', { mode: 'json' }).$type<JsonObject>().notNull(),
    /** Epoch ms of the last registration: a push service's "dead since" that is older does not retire it. */
    registeredAt: integer('registered_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    /** Epoch ms as of which the address counts as dead; null: alive. Who is retired is in no shard. */
    retiredAt: integer('retired_at'),
    /** A push service's word, or one of ours. */
    retiredReason: text('retired_reason'),
    /** Epoch ms; null: the retirement, if there is one, is for good. Else it was doubted, and may be taken back. */
    quarantinedAt: integer('quarantined_at'),
    /** Epoch ms of the last sign of life that is neither a registration nor a change; null: there was none. */
    seenAt: integer('seen_at'),
  },
  (table) => [
    primaryKey({ columns: [table.appId, table.id] }),
    uniqueIndex('device_address').on(table.appId, table.addressHash),
    index('device_user').on(table.appId, table.userId).where(isNotNull(table.userId)),
    // Only those in quarantine have a row in it: nobody else pays for it.
    index('device_quarantine')
      .on(table.appId, table.platform, table.quarantinedAt, table.id)
      .where(isNotNull(table.quarantinedAt)),
  ],
)

export type DeviceRow = typeof deviceTable.$inferSelect

/** A device. Times in epoch ms. */
export interface Device extends Omit<DeviceRow, 'appId' | 'addressKind' | 'address' | 'addressHash'> {
  readonly address: Address
}

export function deviceOf(row: DeviceRow): Device {
  const { appId: _appId, addressKind, address, addressHash: _addressHash, ...rest } = row
  return { ...rest, address: { kind: addressKind, value: address } }
}
