/**
 * Deleting an app: at once what lets anybody do anything with it, bit by bit what it had. Its row goes last, so that
 * whoever walks through what is left knows why.
 */
import { and, eq, inArray, lt, sql } from 'drizzle-orm'
import { apiKeyTable } from './api-keys.ts'
import { appRoleTable } from './app-roles.ts'
import { appSecretTable } from './app-secrets.ts'
import { appTable } from './apps.ts'
import { attestationTable } from './attestations.ts'
import { credentialTable } from './credential-table.ts'
import { deadLetterSourceTable } from './dead-letter-sources.ts'
import { deviceKeyTable } from './device-keys.ts'
import { type Device, deviceOf, deviceTable } from './device-table.ts'
import { drizzle } from './drizzle.ts'
import { inList } from './json-list.ts'
import { stuckWorkTable } from './stuck-work.ts'
import { topicDeviceTable, topicTable } from './topic-table.ts'
import { webhookTable } from './webhooks.ts'

/** Rows a statement deletes at most. */
const ROWS_A_STEP = 2_000

/** Marks an app as deleted and deletes its keys and roles. Answers the keys' hashes; again: those that were made meanwhile. */
export async function deleteApp(db: D1Database, appId: string, now: number): Promise<string[]> {
  const query = drizzle(db)
  const [, keys] = await query.batch([
    query
      .update(appTable)
      .set({ deletedAt: sql`coalesce(${appTable.deletedAt}, ${now})` })
      .where(eq(appTable.id, appId)),
    query.delete(apiKeyTable).where(eq(apiKeyTable.appId, appId)).returning({ keyHash: apiKeyTable.keyHash }),
    query.delete(appRoleTable).where(eq(appRoleTable.appId, appId)),
  ])
  return keys.map(({ keyHash }) => keyHash)
}

/** The apps that are marked as deleted; `deletedAt` in epoch ms. */
export async function listDeletedApps(db: D1Database, limit: number): Promise<{ id: string; deletedAt: number }[]> {
  return drizzle(db).all<{ id: string; deletedAt: number }>(sql`
    select id, deleted_at as deletedAt from app indexed by app_deleted where deleted_at is not null limit ${limit}`)
}

/** Some of the app's devices, retired ones too. */
export async function readSomeDevices(db: D1Database, appId: string, limit: number): Promise<Device[]> {
  const rows = await drizzle(db).select().from(deviceTable).where(eq(deviceTable.appId, appId)).limit(limit)
  return rows.map(deviceOf)
}

/** Deletes devices and their memberships. */
export async function deleteDevices(db: D1Database, appId: string, deviceIds: readonly string[]): Promise<void> {
  const query = drizzle(db)
  await query.batch([
    query
      .delete(topicDeviceTable)
      .where(and(eq(topicDeviceTable.appId, appId), inList(topicDeviceTable.deviceId, deviceIds))),
    query.delete(deviceTable).where(and(eq(deviceTable.appId, appId), inList(deviceTable.id, deviceIds))),
  ])
}

/**
 * Deletes some of what an app has beside devices: topics, memberships without a device, what is noted of keys of devices
 * and of work that failed. Answers whether there is more.
 */
export async function deleteSomeOfApp(db: D1Database, appId: string): Promise<boolean> {
  const query = drizzle(db)
  const names = query
    .select({ name: topicTable.name })
    .from(topicTable)
    .where(eq(topicTable.appId, appId))
    .limit(ROWS_A_STEP)
  const letters = query
    .select({ id: deadLetterSourceTable.notificationId })
    .from(deadLetterSourceTable)
    .where(eq(deadLetterSourceTable.appId, appId))
    .limit(ROWS_A_STEP)
  const ended = query
    .select({ id: deviceKeyTable.deviceId })
    .from(deviceKeyTable)
    .where(eq(deviceKeyTable.appId, appId))
    .limit(ROWS_A_STEP)
  const [topics, memberships, sources, keys] = await query.batch([
    query
      .delete(topicTable)
      .where(and(eq(topicTable.appId, appId), inArray(topicTable.name, names)))
      .returning({ name: topicTable.name }),
    query
      .delete(topicDeviceTable)
      .where(
        sql`(app_id, device_id, topic) in
          (select app_id, device_id, topic from topic_device where app_id = ${appId} limit ${ROWS_A_STEP})`,
      )
      .returning({ topic: topicDeviceTable.topic }),
    query
      .delete(deadLetterSourceTable)
      .where(and(eq(deadLetterSourceTable.appId, appId), inArray(deadLetterSourceTable.notificationId, letters)))
      .returning({ id: deadLetterSourceTable.notificationId }),
    query
      .delete(deviceKeyTable)
      .where(and(eq(deviceKeyTable.appId, appId), inArray(deviceKeyTable.deviceId, ended)))
      .returning({ id: deviceKeyTable.deviceId }),
    query.delete(stuckWorkTable).where(eq(stuckWorkTable.appId, appId)),
  ])
  return topics.length + memberships.length + sources.length + keys.length > 0
}

/** Deletes all credentials of an app, its webhooks, the secrets that were made for it, and that of its attestation. */
export async function deleteSecrets(db: D1Database, appId: string): Promise<void> {
  const query = drizzle(db)
  await query.batch([
    query.delete(credentialTable).where(eq(credentialTable.appId, appId)),
    query.delete(appSecretTable).where(eq(appSecretTable.appId, appId)),
    query.delete(attestationTable).where(eq(attestationTable.appId, appId)),
    query.delete(webhookTable).where(eq(webhookTable.appId, appId)),
  ])
}

/** Nothing of the app is left: its row goes too, unless it was marked as deleted after an instant in epoch ms. */
export async function forgetApp(db: D1Database, appId: string, deletedBefore: number): Promise<void> {
  await drizzle(db)
    .delete(appTable)
    .where(and(eq(appTable.id, appId), lt(appTable.deletedAt, deletedBefore)))
}
