/** Retires devices that a push service called dead: in the devices' table, and in every topic that holds them. */

import { memberOf } from '../../durable-objects/direct-audience.ts'
import type { MemberKey, Retirement } from '../../durable-objects/rpc.ts'
import { joinTopic, leaveTopic } from '../../durable-objects/topic-members.ts'
import { readDevices, retireDevices as retireInTable } from '../../schema/d1/devices.ts'
import { databaseOf } from '../../schema/databases.ts'

/** Idempotent. A device that registered again after it was called dead stays. */
export async function retireDevices(env: Env, appId: string, retirements: readonly Retirement[]): Promise<void> {
  const database = databaseOf(env, appId)
  const retired = await retireInTable(database, appId, retirements)
  const byTopic = new Map<string, MemberKey[]>()
  for (const { deviceId, platform, slot, topics } of retired) {
    for (const topic of topics) {
      const keys = byTopic.get(topic) ?? []
      byTopic.set(topic, keys)
      keys.push({ deviceId, platform, slot })
    }
  }
  for (const [topic, keys] of byTopic) await leaveTopic(env, appId, topic, keys)
  await rejoinRevived(env, appId, byTopic)
}

/** A device may have registered again between the table and the topics: then our leaving came too late, and is undone. */
async function rejoinRevived(env: Env, appId: string, left: ReadonlyMap<string, MemberKey[]>): Promise<void> {
  const ids = new Set([...left.values()].flat().map((key) => key.deviceId))
  if (ids.size === 0) return
  const devices = await readDevices(databaseOf(env, appId), appId, [...ids])
  const revived = new Map(devices.filter((device) => device.retiredAt === null).map((device) => [device.id, device]))
  if (revived.size === 0) return
  for (const [topic, keys] of left) {
    const members = keys.flatMap(({ deviceId }) => revived.get(deviceId) ?? []).map(memberOf)
    if (members.length > 0) await joinTopic(env, appId, topic, members)
  }
}
