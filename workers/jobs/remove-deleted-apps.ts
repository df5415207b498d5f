/**
 * Removes what deleted apps had, in bounded steps: each device leaves its topics' shards, where a send that is under way
 * finds it gone, and then the tables.
 */
import { meterOf, outboxOf } from '../../durable-objects/stubs.ts'
import {
  deleteApp,
  deleteDevices,
  deleteSecrets,
  deleteSomeOfApp,
  forgetApp,
  listDeletedApps,
  readSomeDevices,
} from '../../schema/d1/app-deletion.ts'
import { databaseOf, directoryDatabase } from '../../schema/databases.ts'
import { leaveOwnTopics } from '../api/memberships.ts'

const DEVICES_A_STEP = 500
const STEPS_A_MINUTE = 10
const APPS_A_MINUTE = 3

/** Longer than any isolate takes the app's keys and tokens for good: nothing can be added any more after that. */
const LATE_CALLS_MS = 10 * 60_000

/** @param now epoch ms */
export async function removeDeletedApps(env: Env, now: number): Promise<void> {
  for (const { id, deletedAt } of await listDeletedApps(directoryDatabase(env), APPS_A_MINUTE)) {
    // What a call that was under way while the app was deleted has put back.
    await deleteApp(directoryDatabase(env), id, now)
    await deleteSecrets(databaseOf(env, id), id)
    await outboxOf(env, id).clear()
    let more = true
    for (let step = 0; step < STEPS_A_MINUTE && more; step++) more = await takeStep(env, id)
    if (more || now - deletedAt <= LATE_CALLS_MS) continue
    await meterOf(env, id).empty()
    await forgetApp(directoryDatabase(env), id, now - LATE_CALLS_MS)
  }
}

/** Answers whether there may be more. */
async function takeStep(env: Env, appId: string): Promise<boolean> {
  const database = databaseOf(env, appId)
  const devices = await readSomeDevices(database, appId, DEVICES_A_STEP)
  if (devices.length === 0) return await deleteSomeOfApp(database, appId)
  await leaveOwnTopics(env, appId, devices)
  const ids = devices.map(({ id }) => id)
  await deleteDevices(database, appId, ids)
  return true
}
