/**
 * Removes the subscriptions of deleted topics: walks through those of an app, a bounded step a minute. Nobody gets
 * anything by them any more; what is told to the shards again here is what was said while the topic was deleted.
 *
 * A step leaves the shards before it removes rows, so that a repetition finds what an interruption left behind.
 */
import { readDevices } from '../../schema/d1/devices.ts'
import { deleteJobCursor, readJobCursor, writeJobCursor } from '../../schema/d1/job-cursors.ts'
import {
  findDeletedTopics,
  forgetDeletion,
  removeVoidMemberships,
  type WalkedMembership,
  walkMemberships,
} from '../../schema/d1/topic-deletion.ts'
import { allDatabases } from '../../schema/databases.ts'
import { carryToTopic } from '../api/memberships.ts'

/** Rows a step reads. */
const ROWS_A_STEP = 2_000
const STEPS_A_MINUTE = 10

/** A walk is about topics that were deleted before it began; this much before, because two clocks are compared. */
const CLOCKS_DIFFER_MS = 60_000

/** @param now epoch ms */
export async function removeDeletedTopics(env: Env, now: number): Promise<void> {
  for (const database of allDatabases(env)) {
    for (let step = 0; step < STEPS_A_MINUTE; step++) {
      if (!(await takeStep(env, database, now))) break
    }
  }
}

/** Answers whether there was anything to do. */
async function takeStep(env: Env, database: D1Database, now: number): Promise<boolean> {
  const found = await findDeletedTopics(database, now - CLOCKS_DIFFER_MS)
  if (!found) return false
  const { appId } = found
  const job = `remove-topics/${appId}`
  const cursor = (await readJobCursor(database, job)) ?? { startedAt: now, after: [], steppedAt: now }
  const deletedBefore = cursor.startedAt - CLOCKS_DIFFER_MS
  const walked = await walkMemberships(database, appId, cursor.after ?? [], ROWS_A_STEP)
  for (const [topic, memberships] of Map.groupBy(walked, (membership) => membership.topic)) {
    if (found.names.includes(topic)) await clearTopic(env, database, appId, topic, memberships)
  }
  const last = walked.at(-1)
  if (last && walked.length === ROWS_A_STEP) {
    await writeJobCursor(database, job, { ...cursor, after: [last.deviceId, last.topic], steppedAt: now })
    return true
  }
  await forgetDeletion(database, appId, found.names, deletedBefore)
  await deleteJobCursor(database, job)
  return true
}

async function clearTopic(
  env: Env,
  database: D1Database,
  appId: string,
  topic: string,
  memberships: readonly WalkedMembership[],
): Promise<void> {
  const idsOf = (isVoid: boolean) =>
    memberships.filter((membership) => membership.void === isVoid).map(({ deviceId }) => deviceId)
  const gone = idsOf(true)
  await carryToTopic(env, appId, topic, await readDevices(database, appId, gone), false)
  await removeVoidMemberships(database, appId, topic, gone)
  await carryToTopic(env, appId, topic, await readDevices(database, appId, idsOf(false)), true)
}
