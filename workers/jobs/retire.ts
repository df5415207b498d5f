/** Retires devices that a push service called dead: in the devices' table, and in every topic that holds them. */
import type { MemberKey, Retirement } from '../../durable-objects/rpc.ts'
import { leaveTopic } from '../../durable-objects/topic-members.ts'
import { readDevices, retireDevices as retireInTable } from '../../schema/d1/devices.ts'
import { databaseOf } from '../../schema/databases.ts'
import { joinOwnTopics } from '../api/memberships.ts'

/** Idempotent. A device that registered again after it was called dead, or has another address by now, stays. */
export async function retireDevices(env: Env, appId: string, retirements: readonly Retirement[]): Promise<void> {
  const database = databaseOf(env, appId)
  const byTopic = new Map<string, MemberKey[]>()
  for (const { deviceId, platform, slot, topics } of await retireInTable(database, appId, retirements)) {
    for (const topic of topics) {
      const keys = byTopic.get(topic) ?? []
      byTopic.set(topic, keys)
      keys.push({ deviceId, platform, slot })
    }
  }
  for (const [topic, keys] of byTopic) await leaveTopic(env, appId, topic, keys)
  // Who lives after all either registered meanwhile, and our leaving came too late, or was found under an address
  // that a shard should no longer have had. Both are mended by telling the shards what the table says.
  const devices = await readDevices(
    database,
    appId,
    retirements.map(({ deviceId }) => deviceId),
  )
  const alive = devices.filter((device) => device.retiredAt === null)
  if (alive.length > 0) await joinOwnTopics(env, appId, alive)
}
