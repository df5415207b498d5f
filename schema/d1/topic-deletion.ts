/**
 * Deleting topics. Memberships are ordered by device, so those of one topic are found by walking through all of the
 * app's. Until that is done the topic's row says as of when its subscriptions are void; readers of topics.ts obey it.
 */
import { sql } from 'drizzle-orm'
import { drizzle } from './drizzle.ts'
import { IS_VOID, laterThanDeletion } from './topics.ts'

/** Deletes a topic with all its subscriptions. False: there is none. Again: only later subscriptions are deleted too. */
export async function deleteTopic(db: D1Database, appId: string, topic: string): Promise<boolean> {
  const rows = await drizzle(db).all(sql`
    update topic set deleted_at = ${laterThanDeletion(sql`topic.created_at`)}
    where app_id = ${appId} and name = ${topic} returning name`)
  return rows.length > 0
}

/** An app that has deleted topics; null: none has. */
export async function findDeletedTopics(
  db: D1Database,
  deletedBefore: number,
): Promise<{ appId: string; names: string[] } | null> {
  const query = drizzle(db)
  const [first] = await query.all<{ appId: string }>(sql`
    select app_id as appId from topic indexed by topic_deleted
    where deleted_at is not null and deleted_at < ${deletedBefore} limit 1`)
  if (!first) return null
  const rows = await query.all<{ name: string }>(sql`
    select name from topic indexed by topic_deleted
    where app_id = ${first.appId} and deleted_at is not null and deleted_at < ${deletedBefore}`)
  return { appId: first.appId, names: rows.map(({ name }) => name) }
}

/** A subscription that a walk through an app's came by. */
export interface WalkedMembership {
  readonly deviceId: string
  readonly topic: string
  /** It was to the topic before that was deleted. */
  readonly void: boolean
}

/** The next subscriptions of an app, in the order of their keys. @param after `[device, topic]` of the last one */
export async function walkMemberships(
  db: D1Database,
  appId: string,
  after: readonly string[],
  limit: number,
): Promise<WalkedMembership[]> {
  const [afterDevice = '', afterTopic = ''] = after
  const rows = await drizzle(db).all<{ deviceId: string; topic: string; void: number }>(sql`
    select device_id as deviceId, topic, ${IS_VOID} as void from topic_device
    where app_id = ${appId} and (device_id, topic) > (${afterDevice}, ${afterTopic})
    order by device_id, topic limit ${limit}`)
  return rows.map((row) => ({ ...row, void: row.void === 1 }))
}

/** Removes the void ones among these subscriptions of a topic. */
export async function removeVoidMemberships(
  db: D1Database,
  appId: string,
  topic: string,
  deviceIds: readonly string[],
): Promise<void> {
  await drizzle(db).run(sql`
    delete from topic_device where app_id = ${appId} and topic = ${topic}
      and device_id in (select value from json_each(${JSON.stringify(deviceIds)})) and ${IS_VOID}`)
}

/** No void subscription of these topics is left: they are as if they had never been, unless somebody came back. */
export async function forgetDeletion(
  db: D1Database,
  appId: string,
  topics: readonly string[],
  deletedBefore: number,
): Promise<void> {
  const those = sql`app_id = ${appId} and name in (select value from json_each(${JSON.stringify(topics)}))
    and deleted_at < ${deletedBefore}`
  const query = drizzle(db)
  await query.run(sql`delete from topic where ${those} and created_at <= deleted_at`)
  await query.run(sql`update topic set deleted_at = null where ${those} and created_at > deleted_at`)
}
