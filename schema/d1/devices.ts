/**
 * Devices one by one or by id: reading, changing, deleting. Registering is in device-upsert.ts, retiring in
 * device-retirement.ts.
 *
 * Nothing here knows topic shards. What a caller needs to keep them true (the old slots, the topics) is in the
 * answers.
 */
import { and, eq, isNull, sql } from 'drizzle-orm'
import { endDeviceKey } from './device-keys.ts'
import { type DeviceFacts, type NewAddress, registeredAgain, seenAgain, withFacts } from './device-merge.ts'
import { type Device, type DeviceRow, deviceOf, deviceTable } from './device-table.ts'
import { MAX_ROUNDS } from './device-upsert.ts'
import { drizzle } from './drizzle.ts'
import { cutRows, inList, isListed, listed } from './json-list.ts'
import { topicDeviceTable } from './topic-table.ts'

export async function readDevice(db: D1Database, appId: string, deviceId: string): Promise<Device | null> {
  const row = await readRow(db, appId, deviceId)
  return row === null ? null : deviceOf(row)
}

/** Whether the app has any device, retired or not. */
export async function hasDevices(db: D1Database, appId: string): Promise<boolean> {
  const rows = await drizzle(db)
    .select({ id: deviceTable.id })
    .from(deviceTable)
    .where(eq(deviceTable.appId, appId))
    .limit(1)
  return rows.length > 0
}

/** The devices with these ids, retired ones too, in no order; unknown ids are missing. */
export async function readDevices(db: D1Database, appId: string, deviceIds: readonly string[]): Promise<Device[]> {
  const these = and(eq(deviceTable.appId, appId), inList(deviceTable.id, deviceIds))
  const rows = await drizzle(db).select().from(deviceTable).where(these)
  return rows.map(deviceOf)
}

/** The devices of these users that can be reached, in no order. */
export async function readDevicesOfUsers(db: D1Database, appId: string, userIds: readonly string[]): Promise<Device[]> {
  const ids = sql`(select theirs.id from ${listed(userIds)} cross join device as theirs indexed by device_user
    where theirs.app_id = ${appId} and ${isListed(sql`theirs.user_id`)})`
  const these = and(eq(deviceTable.appId, appId), sql`${deviceTable.id} in ${ids}`, isNull(deviceTable.retiredAt))
  const rows = await drizzle(db).select().from(deviceTable).where(these)
  return rows.map(deviceOf)
}

/** How many devices of these users can be reached. Reads no more than `atMost` of them. */
export async function countDevicesOfUsers(
  db: D1Database,
  appId: string,
  userIds: readonly string[],
  atMost: number,
): Promise<number> {
  const [row] = await drizzle(db).all<{ devices: number }>(sql`
    select count(*) as devices from (
      select 1 from ${listed(userIds)} cross join device as theirs indexed by device_user
      where theirs.app_id = ${appId} and ${isListed(sql`theirs.user_id`)} and theirs.retired_at is null limit ${atMost})`)
  return row?.devices ?? 0
}

/** How many devices of the app can be reached. Reads them all. */
export async function countLivingDevices(db: D1Database, appId: string): Promise<number> {
  return await drizzle(db).$count(deviceTable, and(eq(deviceTable.appId, appId), isNull(deviceTable.retiredAt)))
}

/** What changes. A new address counts as a registration: the device is alive again. */
export interface DeviceChanges extends DeviceFacts {
  readonly address?: NewAddress
}

export type UpdateAnswer =
  | { readonly kind: 'updated'; readonly device: Device }
  | { readonly kind: 'unknown' }
  /** The new address is another device's. */
  | { readonly kind: 'address_in_use' }

/** Changes a device. The write holds only if the row is still what was read; else it is read again. */
export async function updateDevice(
  db: D1Database,
  appId: string,
  deviceId: string,
  changes: DeviceChanges,
  now: number,
): Promise<UpdateAnswer> {
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const was = await readRow(db, appId, deviceId)
    if (was === null) return { kind: 'unknown' }
    const changed = withFacts(was, changes, now)
    const row = changes.address ? registeredAgain(changed, changes.address, now) : seenAgain(changed)
    if (row.addressHash !== was.addressHash && (await addressIsTaken(db, row))) return { kind: 'address_in_use' }
    const { appId: _appId, id: _id, ...columns } = row
    const written = await drizzle(db).update(deviceTable).set(columns).where(stillIs(was)).returning()
    if (written.length > 0) return { kind: 'updated', device: deviceOf(row) }
  }
  throw new Error(`device ${deviceId} kept changing while it was updated`)
}

/** Shards have been told where these devices are: forgets where they were, unless they have changed since they were read. */
export async function forgetOldSlots(db: D1Database, appId: string, told: readonly Device[]): Promise<void> {
  const rows = told.map(({ id, oldSlots, updatedAt }) => ({ appId, id, oldSlots: JSON.stringify(oldSlots), updatedAt }))
  for (const list of cutRows(rows)) {
    await drizzle(db).run(sql`
      update device set old_slots = null from json_each(${JSON.stringify(list)}) as told
      where device.app_id = told.value->>'appId' and device.id = told.value->>'id'
        and device.old_slots = told.value->>'oldSlots' and device.updated_at = told.value->>'updatedAt'`)
  }
}

/** Deletes a device and its memberships, and ends its key; null when there is no such device. @param now epoch ms */
export async function deleteDevice(
  db: D1Database,
  appId: string,
  deviceId: string,
  now: number,
): Promise<{ device: Device; topics: string[] } | null> {
  const query = drizzle(db)
  const ofDevice = and(eq(topicDeviceTable.appId, appId), eq(topicDeviceTable.deviceId, deviceId))
  const [memberships, [row]] = await query.batch([
    query.delete(topicDeviceTable).where(ofDevice).returning(),
    query.delete(deviceTable).where(thatDevice(appId, deviceId)).returning(),
    endDeviceKey(db, appId, deviceId, now),
  ])
  return row ? { device: deviceOf(row), topics: memberships.map(({ topic }) => topic) } : null
}

async function readRow(db: D1Database, appId: string, deviceId: string): Promise<DeviceRow | null> {
  const [row] = await drizzle(db).select().from(deviceTable).where(thatDevice(appId, deviceId))
  return row ?? null
}

async function addressIsTaken(db: D1Database, { appId, addressHash }: DeviceRow): Promise<boolean> {
  const there = and(eq(deviceTable.appId, appId), eq(deviceTable.addressHash, addressHash))
  const rows = await drizzle(db).select({ id: deviceTable.id }).from(deviceTable).where(there)
  return rows.length > 0
}

/** The row, as long as nothing changed that decides where the device is or who is told. */
function stillIs(row: DeviceRow) {
  return and(
    thatDevice(row.appId, row.id),
    eq(deviceTable.addressHash, row.addressHash),
    eq(deviceTable.registeredAt, row.registeredAt),
    sql`${deviceTable.userId} is ${row.userId}`,
    sql`${deviceTable.oldSlots} is ${row.oldSlots && JSON.stringify(row.oldSlots)}`,
    sql`${deviceTable.retiredAt} is ${row.retiredAt}`,
  )
}

function thatDevice(appId: string, deviceId: string) {
  return and(eq(deviceTable.appId, appId), eq(deviceTable.id, deviceId))
}
