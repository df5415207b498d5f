/** Retires devices that a push service called dead: in the devices' table, and in every topic that holds them. */
import type { MemberKey, Retirement } from '../../durable-objects/rpc.ts'
import { leaveTopic } from '../../durable-objects/topic-members.ts'
import { retireDevices as retireInTable } from '../../schema/d1/devices.ts'

/** Idempotent. A device that registered again after it was called dead stays. */
export async function retireDevices(env: Env, appId: string, retirements: readonly Retirement[]): Promise<void> {
  const retired = await retireInTable(env.DB, appId, retirements)
  const byTopic = new Map<string, MemberKey[]>()
  for (const { deviceId, platform, slot, topics } of retired) {
    for (const topic of topics) {
      const keys = byTopic.get(topic) ?? []
      byTopic.set(topic, keys)
      keys.push({ deviceId, platform, slot })
    }
  }
  for (const [topic, keys] of byTopic) await leaveTopic(env, appId, topic, keys)
}
