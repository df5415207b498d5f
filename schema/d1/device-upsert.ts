/**
 * Registering devices in bulk: 10,000 a call, and the same call again changes nothing but the times.
 *
 * D1 has no transaction that spans a read and a write, so every row is written under the condition that it is
 * still what was read; a row that lost a race is read and written again. That is also how two first
 * registrations of one address end as one device.
 */
import { sql } from 'drizzle-orm'
import type { DrizzleD1Database } from 'drizzle-orm/d1'
import { joinRegistrations, newRow, type Registration, registeredAgain, withFacts } from './device-merge.ts'
import { type Device, type DeviceRow, deviceOf } from './device-table.ts'
import { readRowsByAddress } from './devices-by-address.ts'
import { drizzle } from './drizzle.ts'
import { cutRows } from './json-list.ts'

export interface Upserted {
  readonly device: Device
  readonly created: boolean
}

interface Making {
  /** Epoch ms. */
  readonly now: number
  /** A fresh id for a device that turns out to be new. */
  readonly newDeviceId: () => string
}

/** Of n requests for one device at once, the unluckiest needs n rounds; more than these are no accident. */
export const MAX_ROUNDS = 20

/**
 * Registers devices, in the order given. An address that is there twice is one device: the last one wins, both
 * rows get the final device, and only the first says that it was created.
 */
export async function upsertDevices(
  database: D1Database,
  appId: string,
  registrations: readonly Registration[],
  making: Making,
): Promise<Upserted[]> {
  const byAddress = new Map<string, Registration>()
  for (const registration of registrations) {
    const earlier = byAddress.get(registration.addressHash)
    byAddress.set(registration.addressHash, earlier ? joinRegistrations(earlier, registration) : registration)
  }
  const done = new Map<string, Upserted>()
  for (const rows of cutRows([...byAddress.values()])) {
    for (let left = rows, round = 1; left.length > 0; round++) {
      if (round > MAX_ROUNDS) throw new Error(`${left.length} devices kept changing while they were registered`)
      await upsertRound(database, appId, left, making, done)
      left = left.filter((row) => !done.has(row.addressHash))
    }
  }
  const told = new Set<string>()
  return registrations.map(({ addressHash }) => {
    const upserted = done.get(addressHash)!
    const repeated = told.has(addressHash)
    told.add(addressHash)
    return repeated ? { ...upserted, created: false } : upserted
  })
}

/** Reads, decides, writes; puts into `done` what was written. */
async function upsertRound(
  database: D1Database,
  appId: string,
  registrations: readonly Registration[],
  making: Making,
  done: Map<string, Upserted>,
): Promise<void> {
  const hashes = registrations.map((registration) => registration.addressHash)
  const found = await readRowsByAddress(database, appId, hashes)
  const known = new Map(found.map((row) => [row.addressHash, row]))
  const inserts: DeviceRow[] = []
  const updates: Update[] = []
  for (const registration of registrations) {
    const was = known.get(registration.addressHash)
    if (was === undefined) inserts.push(newRow(appId, making.newDeviceId(), registration, making.now))
    else updates.push({ was, row: registeredAgain(withFacts(was, registration, making.now), registration, making.now) })
  }
  const db = drizzle(database)
  // Each is atomic by itself and they share no row; drizzle cannot put raw statements into a batch.
  const inserted = inserts.length === 0 ? [] : await insertRows(db, appId, inserts)
  const updated = updates.length === 0 ? [] : await updateRows(db, updates)
  const written = new Set([...inserted, ...updated].map(({ id }) => id))
  for (const row of inserts) {
    if (written.has(row.id)) done.set(row.addressHash, { device: deviceOf(row), created: true })
  }
  for (const { row } of updates) {
    if (written.has(row.id)) done.set(row.addressHash, { device: deviceOf(row), created: false })
  }
}

interface Update {
  readonly was: DeviceRow
  readonly row: DeviceRow
}

function insertRows(db: DrizzleD1Database, appId: string, rows: readonly DeviceRow[]) {
  return db.all<{ id: string }>(sql`
    insert or ignore into device (app_id, id, platform, address_kind, address, address_hash, slot, user_id, locale,
      timezone, app_version, attributes, registered_at, updated_at, retired_at, retired_reason)
    select ${appId}, value->>'id', value->>'platform', value->>'addressKind', value->>'address',
      value->>'addressHash', value->>'slot', value->>'userId', value->>'locale', value->>'timezone',
      value->>'appVersion', value->>'attributes', value->>'registeredAt', value->>'updatedAt', null, null
    from json_each(${JSON.stringify(rows)})
    returning id`)
}

/** What must still be true of a row for what was decided about it to be true. */
function stampOf({ userId, oldSlots, registeredAt, retiredAt }: DeviceRow) {
  return { userId, oldSlots, registeredAt, retiredAt }
}

/**
 * The app is compared with the list's, not with a parameter: a parameter would let SQLite walk through all
 * devices of the app for each row of the list, and this way it can only look each up by its key.
 */
function updateRows(db: DrizzleD1Database, updates: readonly Update[]) {
  const list = JSON.stringify(updates.map(({ was, row }) => ({ ...row, was: stampOf(was) })))
  return db.all<{ id: string }>(sql`
    update device set
      slot = changed.value->>'slot', old_slots = changed.value->>'oldSlots',
      user_id = changed.value->>'userId', locale = changed.value->>'locale',
      timezone = changed.value->>'timezone', app_version = changed.value->>'appVersion',
      attributes = changed.value->>'attributes', registered_at = changed.value->>'registeredAt',
      updated_at = changed.value->>'updatedAt', retired_at = null, retired_reason = null, quarantined_at = null
    from json_each(${list}) as changed
    where device.app_id = changed.value->>'appId' and device.id = changed.value->>'id'
      and device.user_id is changed.value->>'$.was.userId'
      and device.old_slots is changed.value->>'$.was.oldSlots'
      and device.registered_at = changed.value->>'$.was.registeredAt'
      and device.retired_at is changed.value->>'$.was.retiredAt'
    returning device.id`)
}
