/**
 * Keeps the shards of topics in step with the devices' table: who joins, who leaves, where a device is found.
 * Sequences the writes to D1 and to the topics; decides nothing about requests.
 *
 * Every call may be repeated, and a repetition mends what an interrupted call left behind. That fixes the order:
 * D1 before the shards for what is added, the shards before D1 for what a repetition could not find any more.
 */

import { memberOf } from '../../durable-objects/direct-audience.ts'
import type { MemberKey } from '../../durable-objects/rpc.ts'
import { joinTopic, leaveTopic } from '../../durable-objects/topic-members.ts'
import type { Device } from '../../schema/d1/device-table.ts'
import { topicsOfDevices } from '../../schema/d1/topics.ts'
import { databaseOf } from '../../schema/databases.ts'

/** Topics spoken to at a time: Cloudflare lets an invocation have six connections open. */
const TOPICS_AT_A_TIME = 6

/** Joins the devices to the shards of every topic that D1 says they are in, or brings those up to date. */
export async function joinOwnTopics(env: Env, appId: string, devices: readonly Device[]): Promise<void> {
  const alive = devices.filter((device) => device.retiredAt === null)
  const byTopic = await groupByTopic(env, appId, alive)
  await eachTopic(byTopic, (topic, members) => joinTopic(env, appId, topic, members.map(memberOf)))
}

/** Takes the devices out of the shards of every topic they are in; D1 still says that they belong there. */
export async function leaveOwnTopics(env: Env, appId: string, devices: readonly Device[]): Promise<void> {
  const byTopic = await groupByTopic(env, appId, devices)
  await eachTopic(byTopic, (topic, members) => leaveTopic(env, appId, topic, members.map(memberKeyOf)))
}

/** Enough of a device to take it out of a topic. */
export function memberKeyOf(device: Device): MemberKey {
  return { deviceId: device.id, slot: device.slot, platform: device.platform }
}

async function groupByTopic(env: Env, appId: string, devices: readonly Device[]): Promise<Map<string, Device[]>> {
  const byTopic = new Map<string, Device[]>()
  if (devices.length === 0) return byTopic
  const topics = await topicsOfDevices(
    databaseOf(env, appId),
    appId,
    devices.map(({ id }) => id),
  )
  for (const device of devices) {
    for (const topic of topics.get(device.id) ?? []) {
      const members = byTopic.get(topic)
      if (members) members.push(device)
      else byTopic.set(topic, [device])
    }
  }
  return byTopic
}

async function eachTopic<T>(
  byTopic: ReadonlyMap<string, T[]>,
  speak: (topic: string, members: T[]) => Promise<void>,
): Promise<void> {
  const entries = [...byTopic]
  for (let from = 0; from < entries.length; from += TOPICS_AT_A_TIME) {
    const part = entries.slice(from, from + TOPICS_AT_A_TIME)
    await Promise.all(part.map(([topic, members]) => speak(topic, members)))
  }
}
