/**
 * Retiring devices in the table. Memberships stay, so that a device that comes back is where it was; what has to be
 * told to the topics' shards is in the answers.
 */
import { sql } from 'drizzle-orm'
import type { Platform } from '../../push/device.ts'
import { STALE } from './device-merge.ts'
import { drizzle } from './drizzle.ts'
import { cutRows } from './json-list.ts'
import { topicsOfDevices } from './topics.ts'

/** A device whose address a push service called dead, as of an instant in epoch ms. */
export interface DeadAddress {
  readonly deviceId: string
  /** What the device's address was; it stays if it has another one by now. */
  readonly address: string
  readonly asOfAt: number
  readonly reason: string
}

/** A device that was retired, and the topics whose shards still know it. */
export interface Retired extends RetiredRow {
  readonly topics: string[]
}

interface RetiredRow {
  readonly deviceId: string
  readonly platform: Platform
  readonly slot: number
}

/**
 * Retires devices, unless they registered after their address was called dead or have another one by now. Answers
 * those that are retired, also by an earlier call that may have been interrupted: whether that was for good stays.
 *
 * @param quarantinedAt epoch ms when the verdict is doubted; null: for good
 */
export async function retireDevices(
  db: D1Database,
  appId: string,
  dead: readonly DeadAddress[],
  quarantinedAt: number | null,
): Promise<Retired[]> {
  const retired: RetiredRow[] = []
  for (const list of cutRows(dead)) {
    const rows = await drizzle(db).all<RetiredRow>(sql`
      update device set retired_at = coalesce(retired_at, dead.value->>'asOfAt'),
        retired_reason = coalesce(retired_reason, dead.value->>'reason'),
        quarantined_at = case when retired_at is null then ${quarantinedAt} else quarantined_at end
      from json_each(${JSON.stringify(list.map((row) => ({ ...row, appId })))}) as dead
      where device.app_id = dead.value->>'appId' and device.id = dead.value->>'deviceId'
        and device.registered_at <= dead.value->>'asOfAt' and device.address = dead.value->>'address'
      returning device.id as deviceId, device.platform, device.slot`)
    retired.push(...rows)
  }
  return await withTopics(db, appId, retired)
}

/** What a walk through the table saw of a device. */
export interface Walked {
  readonly appId: string
  readonly deviceId: string
  /** Nothing was heard of it for too long, or this walk has retired it already. */
  readonly stale: boolean
  /** Alive, and registered since the step before: it may have been taken out of its topics by a step that broke off. */
  readonly revived: boolean
}

/**
 * Looks at the next devices in the order of their keys: reads as many rows as it answers.
 *
 * @param after the key of the last one, `[app, device]`
 * @param cutoffs by platform: epoch ms of the last sign of life before which a device is stale; absent: never
 * @param walk when this walk began and when its last step was, epoch ms
 */
export async function walkDevices(
  db: D1Database,
  after: readonly string[],
  cutoffs: Partial<Record<Platform, number>>,
  walk: { readonly startedAt: number; readonly steppedAt: number },
  limit: number,
): Promise<Walked[]> {
  const [afterApp = '', afterDevice = ''] = after
  const rows = await drizzle(db).all<{ appId: string; deviceId: string; stale: number; revived: number }>(sql`
    select app_id as appId, id as deviceId, retired_at is null and registered_at >= ${walk.steppedAt} as revived,
      (retired_at is null and ${LAST_SIGN} < coalesce(${JSON.stringify(cutoffs)} ->> platform, 0))
        or (retired_reason = ${STALE} and retired_at = ${walk.startedAt}) as stale
    from device where (app_id, id) > (${afterApp}, ${afterDevice}) order by app_id, id limit ${limit}`)
  return rows.map((row) => ({ ...row, stale: row.stale === 1, revived: row.revived === 1 }))
}

/**
 * Retires those of the devices that are still stale. Answers those that this walk has retired, also by a step that was
 * interrupted.
 */
export async function retireStale(
  db: D1Database,
  appId: string,
  deviceIds: readonly string[],
  cutoffs: Partial<Record<Platform, number>>,
  startedAt: number,
): Promise<Retired[]> {
  const retired: RetiredRow[] = []
  for (const list of cutRows(deviceIds)) {
    const rows = await drizzle(db).all<RetiredRow>(sql`
      update device set retired_at = ${startedAt}, retired_reason = ${STALE}
      from json_each(${JSON.stringify(list.map((deviceId) => ({ appId, deviceId })))}) as walked
      where device.app_id = walked.value->>'appId' and device.id = walked.value->>'deviceId'
        and ((retired_at is null and ${LAST_SIGN} < coalesce(${JSON.stringify(cutoffs)} ->> platform, 0))
          or (retired_reason = ${STALE} and retired_at = ${startedAt}))
      returning device.id as deviceId, device.platform, device.slot`)
    retired.push(...rows)
  }
  return await withTopics(db, appId, retired)
}

const LAST_SIGN = sql.raw('max(registered_at, updated_at, coalesce(seen_at, 0))')

async function withTopics(db: D1Database, appId: string, retired: readonly RetiredRow[]): Promise<Retired[]> {
  const topics = await topicsOfDevices(
    db,
    appId,
    retired.map(({ deviceId }) => deviceId),
  )
  return retired.map((device) => ({ ...device, topics: topics.get(device.deviceId) ?? [] }))
}
