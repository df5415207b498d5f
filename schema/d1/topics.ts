/**
 * Topics and their members in D1: the truth. The copy that a fan-out reads is in the topic's shards; callers
 * write here first. A topic that was deleted is in topic-deletion.ts; here its subscriptions are as good as gone.
 */
import { and, asc, eq, gt, isNull, lte, or, type SQL, sql } from 'drizzle-orm'
import { rangeOf } from '../../push/name-pattern.ts'
import { drizzle } from './drizzle.ts'
import { inList } from './json-list.ts'
import { topicDeviceTable, topicTable } from './topic-table.ts'

/**
 * A subscription is void if its topic was deleted since. The instants are D1's own, so that no other clock decides
 * what came first; the index has a row only for topics that were deleted.
 */
export const IS_VOID = sql`exists (select 1 from topic as gone indexed by topic_deleted
  where gone.app_id = topic_device.app_id and gone.name = topic_device.topic and gone.deleted_at is not null
    and gone.deleted_at >= coalesce(topic_device.joined_at, 0))`

const COUNTS = sql`not ${IS_VOID}`

/** Whether a topic was not deleted, or subscribed to again since. */
const IS_THERE = sql`(topic.deleted_at is null or topic.created_at > topic.deleted_at)`

/** Now by D1's clock, and later than the topic was deleted; epoch ms. */
export function laterThanDeletion(deletedAt: SQL): SQL {
  return sql`max(cast(unixepoch('subsec') * 1000 as integer), coalesce(${deletedAt}, 0) + 1)`
}

/** The topics of each device; devices without any are missing. */
export async function topicsOfDevices(
  db: D1Database,
  appId: string,
  deviceIds: readonly string[],
): Promise<Map<string, string[]>> {
  const topics = new Map<string, string[]>()
  if (deviceIds.length === 0) return topics
  const { deviceId: device, topic: name } = topicDeviceTable
  const theirs = and(eq(topicDeviceTable.appId, appId), inList(device, deviceIds), COUNTS)
  const rows = await drizzle(db).select({ deviceId: device, topic: name }).from(topicDeviceTable).where(theirs)
  for (const { deviceId, topic } of rows) {
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
  const rows = await drizzle(db).select({ deviceId }).from(topicDeviceTable).where(and(those, COUNTS))
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
  await query.run(sql`
    insert into topic (app_id, name, created_at) values (${appId}, ${topic}, ${now})
    on conflict do update set created_at = ${laterThanDeletion(sql`topic.deleted_at`)}
      where topic.created_at <= topic.deleted_at`)
  const deletedAt = sql`(select deleted_at from topic where app_id = ${appId} and name = ${topic})`
  await query.run(sql`
    insert into topic_device (app_id, device_id, topic, joined_at)
    select device.app_id, device.id, ${topic}, ${laterThanDeletion(deletedAt)}
      from json_each(${JSON.stringify(deviceIds)}) as listed
      cross join device on device.app_id = ${appId} and device.id = listed.value
      where true
    on conflict do update set joined_at = excluded.joined_at
      where coalesce(topic_device.joined_at, 0) <= ${deletedAt}`)
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

/** A device's subscription to a topic; null: it has none. `joinedAt` in epoch ms; null: before that was noted. */
export async function membershipOf(
  db: D1Database,
  appId: string,
  topic: string,
  deviceId: string,
): Promise<{ readonly joinedAt: number | null } | null> {
  const that = and(isOf(appId, topic, deviceId), COUNTS)
  const [row] = await drizzle(db).select({ joinedAt: topicDeviceTable.joinedAt }).from(topicDeviceTable).where(that)
  return row ?? null
}

/** Takes a device out of a topic, unless its subscription began later. Idempotent. @param joinedUpTo epoch ms */
export async function removeMembershipUpTo(
  db: D1Database,
  appId: string,
  topic: string,
  deviceId: string,
  joinedUpTo: number,
): Promise<void> {
  const { joinedAt } = topicDeviceTable
  const began = or(isNull(joinedAt), lte(joinedAt, joinedUpTo))
  await drizzle(db)
    .delete(topicDeviceTable)
    .where(and(isOf(appId, topic, deviceId), began))
}

function isOf(appId: string, topic: string, deviceId: string): SQL | undefined {
  const { appId: app, deviceId: device, topic: name } = topicDeviceTable
  return and(eq(app, appId), eq(device, deviceId), eq(name, topic))
}

/**
 * A page of topic names in order.
 *
 * @param page.after the last name of the page before, or null
 * @param within only what these patterns stand for; null: all
 */
export async function listTopics(
  db: D1Database,
  appId: string,
  page: { readonly after: string | null; readonly limit: number },
  within: readonly string[] | null = null,
): Promise<string[]> {
  const isWithin = within === null ? undefined : matchesPatterns(within)
  const onPage = and(eq(topicTable.appId, appId), gt(topicTable.name, page.after ?? ''), IS_THERE, isWithin)
  const rows = await drizzle(db)
    .select({ name: topicTable.name })
    .from(topicTable)
    .where(onPage)
    .orderBy(asc(topicTable.name))
    .limit(page.limit)
  return rows.map(({ name }) => name)
}

/** What push/name-pattern.ts decides, for the names of topics. */
function matchesPatterns(patterns: readonly string[]): SQL {
  return sql`exists (select 1 from json_each(${JSON.stringify(patterns.map(rangeOf))}) as allowed
    where case when allowed.value ->> 'isOpen'
      then substr(topic.name, 1, length(allowed.value ->> 'start')) = allowed.value ->> 'start'
      else topic.name = allowed.value ->> 'start' end)`
}

/** Whether anything subscribed to the topic since it was last deleted. */
export async function topicExists(db: D1Database, appId: string, topic: string): Promise<boolean> {
  const that = and(eq(topicTable.appId, appId), eq(topicTable.name, topic), IS_THERE)
  return (await drizzle(db).select({ name: topicTable.name }).from(topicTable).where(that)).length > 0
}
