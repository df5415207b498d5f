/** Devices that were retired on suspicion: finding them, taking it back, making it final, hearing from them. */
import { and, eq, isNotNull, sql } from 'drizzle-orm'
import type { Platform } from '../../push/device.ts'
import { STALE } from './device-merge.ts'
import { type Device, deviceTable } from './device-table.ts'
import { readDevices } from './devices.ts'
import { drizzle } from './drizzle.ts'
import { cutRows, inList } from './json-list.ts'

/** Where a device stands in the list: by platform, the longest in quarantine first. */
export interface QuarantineKey {
  readonly platform: Platform
  /** Epoch ms. */
  readonly quarantinedAt: number
  readonly deviceId: string
}

/** A page of an app's devices in quarantine. @param page.platform null: of all push services */
export async function listQuarantined(
  db: D1Database,
  appId: string,
  page: { readonly platform: Platform | null; readonly after: QuarantineKey | null; readonly limit: number },
): Promise<Device[]> {
  const { platform, after, limit } = page
  const rows = await drizzle(db).all<{ id: string }>(sql`
    select id from device indexed by device_quarantine
    where app_id = ${appId} and quarantined_at is not null
      ${platform === null ? sql`` : sql`and platform = ${platform}`}
      and (platform, quarantined_at, id) > (${after?.platform ?? ''}, ${after?.quarantinedAt ?? 0}, ${after?.deviceId ?? ''})
    order by platform, quarantined_at, id limit ${limit}`)
  const ids = rows.map(({ id }) => id)
  const devices = new Map((await readDevices(db, appId, ids)).map((device) => [device.id, device]))
  return ids.flatMap((id) => devices.get(id) ?? [])
}

/** A push service of an app that has devices in quarantine: the next one after `after`, or null. */
export async function nextQuarantine(
  db: D1Database,
  after: { readonly appId: string; readonly platform: string },
): Promise<{ appId: string; platform: Platform } | null> {
  const [row] = await drizzle(db).all<{ appId: string; platform: Platform }>(sql`
    select app_id as appId, platform from device indexed by device_quarantine
    where quarantined_at is not null and (app_id, platform) > (${after.appId}, ${after.platform})
    order by app_id, platform limit 1`)
  return row ?? null
}

/** Takes back what was only a suspicion. Answers the ids of those that are alive because of this call. */
export async function reviveSuspects(db: D1Database, appId: string, deviceIds: readonly string[]): Promise<string[]> {
  const suspects = sql`${inOwnApp(appId, deviceIds)} and (quarantined_at is not null or retired_reason = ${STALE})`
  const revived = await drizzle(db)
    .update(deviceTable)
    .set({ retiredAt: null, retiredReason: null, quarantinedAt: null })
    .where(suspects)
    .returning({ id: deviceTable.id })
  return revived.map(({ id }) => id)
}

/** Makes retirements final. Answers the ids of those that were in quarantine. */
export async function confirmQuarantined(
  db: D1Database,
  appId: string,
  deviceIds: readonly string[],
): Promise<string[]> {
  const confirmed = await drizzle(db)
    .update(deviceTable)
    .set({ quarantinedAt: null })
    .where(and(inOwnApp(appId, deviceIds), isNotNull(deviceTable.quarantinedAt)))
    .returning({ id: deviceTable.id })
  return confirmed.map(({ id }) => id)
}

/** A device that was heard of. */
export interface Heard {
  readonly appId: string
  readonly deviceId: string
}

/**
 * Notes that devices are alive: one row written for a device that nothing was heard of since `heardBefore`, none for
 * the others. Answers those that are retired on suspicion all the same.
 */
export async function noteHeard(
  db: D1Database,
  heard: readonly Heard[],
  now: number,
  heardBefore: number,
): Promise<Heard[]> {
  const suspects: Heard[] = []
  for (const list of cutRows(heard)) {
    const rows = await drizzle(db).all<Heard & { suspect: number }>(sql`
      update device set seen_at = ${now}
      from json_each(${JSON.stringify(list)}) as heard
      where device.app_id = heard.value->>'appId' and device.id = heard.value->>'deviceId'
        and (max(registered_at, updated_at, coalesce(seen_at, 0)) < ${heardBefore}
          or quarantined_at is not null or retired_reason = ${STALE})
      returning device.app_id as appId, device.id as deviceId,
        device.quarantined_at is not null or coalesce(device.retired_reason, '') = ${STALE} as suspect`)
    for (const { appId, deviceId, suspect } of rows) if (suspect === 1) suspects.push({ appId, deviceId })
  }
  return suspects
}

function inOwnApp(appId: string, deviceIds: readonly string[]) {
  return and(eq(deviceTable.appId, appId), inList(deviceTable.id, deviceIds))
}
