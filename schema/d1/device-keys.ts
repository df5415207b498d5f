/**
 * The devices whose key is not simply the first one: it was rotated or revoked, or the device was deleted. All others,
 * which are almost all, have no row: their keys prove themselves (push/device-key.ts).
 */
import { and, eq, isNull, sql } from 'drizzle-orm'
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { type DeviceKeyState, UNTOUCHED } from '../../push/device-key-state.ts'
import { drizzle } from './drizzle.ts'

/** `WITHOUT ROWID` (see the migration). */
export const deviceKeyTable = sqliteTable(
  'device_key',
  {
    appId: text('app_id').notNull(),
    deviceId: text('device_id').notNull(),
    generation: integer('generation').notNull(),
    /** Epoch ms, as the one below: see push/device-key-state.ts. */
    previousValidUntil: integer('previous_valid_until'),
    endedAt: integer('ended_at'),
  },
  (table) => [primaryKey({ columns: [table.appId, table.deviceId] })],
)

/** Rows of an app, by device, at most `limit`. */
export async function listDeviceKeys(
  db: D1Database,
  appId: string,
  limit: number,
): Promise<(typeof deviceKeyTable.$inferSelect)[]> {
  return drizzle(db).select().from(deviceKeyTable).where(eq(deviceKeyTable.appId, appId)).limit(limit)
}

export async function readDeviceKey(db: D1Database, appId: string, deviceId: string): Promise<DeviceKeyState> {
  const that = and(eq(deviceKeyTable.appId, appId), eq(deviceKeyTable.deviceId, deviceId))
  const [row] = await drizzle(db).select().from(deviceKeyTable).where(that)
  return row ?? UNTOUCHED
}

/**
 * Raises the generation of a device's key.
 *
 * @param previousValidUntil epoch ms until which the key of before stays good; null: it ends now
 * @returns null when the device was deleted
 */
export async function raiseDeviceKey(
  db: D1Database,
  appId: string,
  deviceId: string,
  previousValidUntil: number | null,
): Promise<DeviceKeyState | null> {
  const { generation } = deviceKeyTable
  const [row] = await drizzle(db)
    .insert(deviceKeyTable)
    .values({ appId, deviceId, generation: UNTOUCHED.generation + 1, previousValidUntil })
    .onConflictDoUpdate({
      target: [deviceKeyTable.appId, deviceKeyTable.deviceId],
      set: { generation: sql`${generation} + 1`, previousValidUntil },
      setWhere: isNull(deviceKeyTable.endedAt),
    })
    .returning()
  return row ?? null
}

/** The statement that ends every key of a device, to be run together with the device's deletion. @param now epoch ms */
export function endDeviceKey(db: D1Database, appId: string, deviceId: string, now: number) {
  return drizzle(db)
    .insert(deviceKeyTable)
    .values({ appId, deviceId, generation: UNTOUCHED.generation, endedAt: now })
    .onConflictDoUpdate({ target: [deviceKeyTable.appId, deviceKeyTable.deviceId], set: { endedAt: now } })
}
