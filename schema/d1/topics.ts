/**
 * Topics and their members in D1: the truth. The copy that a fan-out reads is in the topic's shards; callers
 * write here first.
 */
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { inList } from './json-list.ts'
import { topicDeviceTable, topicTable } from './topic-table.ts'

/** The topics of each device; devices without any are missing. */
export async function topicsOfDevices(
  db: D1Database,
  appId: string,
  deviceIds: readonly string[],
): Promise<Map<string, string[]>> {
  const topics = new Map<string, string[]>()
  if (deviceIds.length === 0) return topics
  const theirs = and(eq(topicDeviceTable.appId, appId), inList(topicDeviceTable.deviceId, deviceIds))
  for (const { deviceId, topic } of await drizzle(db).select().from(topicDeviceTable).where(theirs)) {
    const list = topics.get(deviceId)
    if (list) list.push(topic)
    else topics.set(deviceId, [topic])
  }
  return topics
}

/** Which of these devices are in the topic. */
export async function devicesInTopic(
  db: D1Database,
  appId: string,
  topic: string,
  deviceIds: readonly string[],
): Promise<string[]> {
  const { deviceId } = topicDeviceTable
  const those = and(eq(topicDeviceTable.appId, appId), inList(deviceId, deviceIds), eq(topicDeviceTable.topic, topic))
  const rows = await drizzle(db).select({ deviceId }).from(topicDeviceTable).where(those)
  return rows.map((row) => row.deviceId)
}

/** Puts devices into a topic; ids that are no devices of the app stay out. Idempotent. @param now epoch ms */
export async function addMemberships(
  db: D1Database,
  appId: string,
  topic: string,
  deviceIds: readonly string[],
  now: number,
): Promise<void> {
  const query = drizzle(db)
  // The topic first: a topic without devices is harmless, the other way round it would not be listed.
  await query.insert(topicTable).values({ appId, name: topic, createdAt: now }).onConflictDoNothing()
  await query.run(sql`
    insert or ignore into topic_device (app_id, device_id, topic)
    select device.app_id, device.id, ${topic} from json_each(${JSON.stringify(deviceIds)}) as listed
      cross join device on device.app_id = ${appId} and device.id = listed.value`)
}

/** Takes devices out of a topic. Idempotent. */
export async function removeMemberships(
  db: D1Database,
  appId: string,
  topic: string,
  deviceIds: readonly string[],
): Promise<void> {
  const those = and(eq(topicDeviceTable.appId, appId), inList(topicDeviceTable.deviceId, deviceIds))
  await drizzle(db)
    .delete(topicDeviceTable)
    .where(and(those, eq(topicDeviceTable.topic, topic)))
}

/** A page of topic names in order. @param page.after the last name of the page before, or null */
export async function listTopics(
  db: D1Database,
  appId: string,
  page: { readonly after: string | null; readonly limit: number },
): Promise<string[]> {
  const onPage = and(eq(topicTable.appId, appId), gt(topicTable.name, page.after ?? ''))
  const rows = await drizzle(db).select().from(topicTable).where(onPage).orderBy(asc(topicTable.name)).limit(page.limit)
  return rows.map(({ name }) => name)
}

/** Whether anything ever subscribed to the topic. */
export async function topicExists(db: D1Database, appId: string, topic: string): Promise<boolean> {
  const that = and(eq(topicTable.appId, appId), eq(topicTable.name, topic))
  return (await drizzle(db).select().from(topicTable).where(that)).length > 0
}
