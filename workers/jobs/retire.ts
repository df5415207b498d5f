/** Retires devices that a push service called dead: in the devices' table, and in every topic that holds them. */
import type { MemberKey, Retirement } from '../../durable-objects/rpc.ts'
import { leaveTopic } from '../../durable-objects/topic-members.ts'
import { type Retired, retireDevices as retireInTable } from '../../schema/d1/device-retirement.ts'
import { readDevices } from '../../schema/d1/devices.ts'
import { databaseOf } from '../../schema/databases.ts'
import { joinOwnTopics } from '../api/memberships.ts'
import { emitRetired } from './emit-retired.ts'

/**
 * Idempotent. A device that registered again after it was called dead, or has another address by now, stays.
 *
 * @param quarantine the verdicts are doubted: so many at once may be a wrong environment or a push service's mistake
 */
export async function retireDevices(
  env: Env,
  appId: string,
  retirements: readonly Retirement[],
  quarantine: boolean,
): Promise<void> {
  const quarantinedAt = quarantine ? Date.now() : null
  const retired = await retireInTable(databaseOf(env, appId), appId, retirements, quarantinedAt)
  const ids = retirements.map(({ deviceId }) => deviceId)
  await carryRetirement(env, appId, retired, ids)
  const verdicts = new Map(retirements.map((verdict) => [verdict.deviceId, verdict]))
  const dead = retired.flatMap(({ deviceId, platform }) => {
    const verdict = verdicts.get(deviceId)
    return verdict ? [{ deviceId, platform, reason: verdict.reason, asOfAt: verdict.asOfAt }] : []
  })
  await emitRetired(env, appId, dead, quarantine)
}

/**
 * Tells the topics' shards what the table has just been told. Idempotent.
 *
 * @param deviceIds the retired ones, and others of whom shards may have been told that they are
 */
export async function carryRetirement(
  env: Env,
  appId: string,
  retired: readonly Retired[],
  deviceIds: readonly string[],
): Promise<void> {
  const byTopic = new Map<string, MemberKey[]>()
  for (const { deviceId, platform, slot, topics } of retired) {
    for (const topic of topics) {
      const keys = byTopic.get(topic) ?? []
      byTopic.set(topic, keys)
      keys.push({ deviceId, platform, slot })
    }
  }
  for (const [topic, keys] of byTopic) await leaveTopic(env, appId, topic, keys)
  // Who lives after all either registered meanwhile, and our leaving came too late, or was found under an address
  // that a shard should no longer have had. Both are mended by telling the shards what the table says.
  const devices = await readDevices(databaseOf(env, appId), appId, deviceIds)
  // Where a retired one was before it moved is not among the keys above.
  const others = devices.filter(({ retiredAt, oldSlots }) => retiredAt === null || oldSlots !== null)
  if (others.length > 0) await joinOwnTopics(env, appId, others)
}
