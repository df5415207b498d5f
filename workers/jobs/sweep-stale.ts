/**
 * Retires devices that nothing was heard of for too long. Walks through the devices' tables in the order of their keys,
 * a bounded step a minute and at most one walk a day, and reads each row once a walk; there is no index to pay for.
 *
 * A step that is interrupted is taken again from the same place. It then finds who was retired by it, because they bear
 * the instant at which the walk began, and who registered since, because that is not long ago.
 */
import { PLATFORMS, type Platform } from '../../push/device.ts'
import { STALE } from '../../schema/d1/device-merge.ts'
import { retireStale, type Walked, walkDevices } from '../../schema/d1/device-retirement.ts'
import { type JobCursor, readJobCursor, writeJobCursor } from '../../schema/d1/job-cursors.ts'
import { allDatabases } from '../../schema/databases.ts'
import { emitRetired, type RetiredDevice } from './emit-retired.ts'
import { carryRetirement } from './retire.ts'

const JOB = 'sweep-stale'
const DAY_MS = 24 * 60 * 60 * 1000

/** Rows a step reads: some tens of milliseconds of a single-threaded database, and a few shards to tell. */
const ROWS_A_STEP = 2_000
/** A minute's share: a million devices take 50 minutes, ten million a third of a day. */
const STEPS_A_MINUTE = 10

type Cutoffs = Partial<Record<Platform, number>>

/** @param now epoch ms */
export async function sweepStale(env: Env, now: number): Promise<void> {
  const cutoffs = cutoffsOf(env, now)
  if (Object.keys(cutoffs).length === 0) return
  for (const database of allDatabases(env)) {
    let cursor = await resume(database, now)
    for (let step = 0; step < STEPS_A_MINUTE && cursor.after !== null; step++) {
      cursor = await takeStep(env, database, cursor, cutoffs, now)
    }
  }
}

/** Before when a device of each push service must have been heard of last to be stale; epoch ms. */
function cutoffsOf(env: Env, now: number): Cutoffs {
  const days = { fcm: env.STALE_AFTER_DAYS_FCM, apns: env.STALE_AFTER_DAYS_APNS, webpush: env.STALE_AFTER_DAYS_WEBPUSH }
  const cutoffs: Cutoffs = {}
  for (const platform of PLATFORMS) {
    if (Number(days[platform]) > 0) cutoffs[platform] = now - Number(days[platform]) * DAY_MS
  }
  return cutoffs
}

/** Where this walk is; a new one begins when the last is over and began a day ago. */
async function resume(database: D1Database, now: number): Promise<JobCursor> {
  const known = await readJobCursor(database, JOB)
  if (known && (known.after !== null || now - known.startedAt < DAY_MS)) return known
  const begun: JobCursor = { startedAt: now, after: [], steppedAt: now }
  await writeJobCursor(database, JOB, begun)
  return begun
}

async function takeStep(
  env: Env,
  database: D1Database,
  cursor: JobCursor,
  cutoffs: Cutoffs,
  now: number,
): Promise<JobCursor> {
  const walked = await walkDevices(database, cursor.after ?? [], cutoffs, cursor, ROWS_A_STEP)
  const verdict = { reason: STALE, asOfAt: cursor.startedAt }
  const found = walked.filter(({ stale, revived }) => stale || revived)
  for (const [appId, devices] of Map.groupBy(found, (device) => device.appId)) {
    const ids = devices.map(({ deviceId }) => deviceId)
    const stale = devices.filter((device) => device.stale).map(({ deviceId }) => deviceId)
    const retired = await retireStale(database, appId, stale, cutoffs, cursor.startedAt)
    await carryRetirement(env, appId, retired, ids)
    const dead = retired.map(({ deviceId, platform }) => ({ deviceId, platform, ...verdict }))
    await emitRetiredSurely(env, appId, dead)
  }
  const next: JobCursor = { startedAt: cursor.startedAt, after: placeOf(walked), steppedAt: now }
  await writeJobCursor(database, JOB, next)
  return next
}

/** The key to go on after; null: there was nothing more. */
function placeOf(walked: readonly Walked[]): readonly string[] | null {
  const last = walked.at(-1)
  return last && walked.length === ROWS_A_STEP ? [last.appId, last.deviceId] : null
}

/** One app's outbox that does not answer must not keep the walk from the devices of all others. */
async function emitRetiredSurely(env: Env, appId: string, dead: readonly RetiredDevice[]): Promise<void> {
  try {
    await emitRetired(env, appId, dead, false)
  } catch (error) {
    console.error('webhooks were not told of stale devices', { appId, devices: dead.length, error: String(error) })
  }
}
