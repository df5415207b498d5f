/**
 * Registering devices, one or ten thousand: the table first, then the topics. Sequences only; what a registration
 * means was decided by read-registration.ts, what becomes of a row by schema/d1/device-merge.ts.
 */
import { ID_RANDOM_BYTES, makeId } from '../../push/ids.ts'
import type { Registration } from '../../schema/d1/device-merge.ts'
import { type Upserted, upsertDevices } from '../../schema/d1/device-upsert.ts'
import { addMemberships } from '../../schema/d1/topics.ts'
import { databaseOf } from '../../schema/databases.ts'
import { joinOwnTopics } from './memberships.ts'

/** A registration and the topics that the device asked to be in; those that it is in already stay. */
export interface TopicRegistration extends Registration {
  readonly topics: readonly string[]
}

/**
 * Registers devices in the order given and answers in that order. Whatever it is interrupted by, doing it again
 * completes it.
 *
 * @param now epoch ms
 */
export async function registerDevices(
  env: Env,
  appId: string,
  registrations: readonly TopicRegistration[],
  now: number,
): Promise<Upserted[]> {
  const newDeviceId = () => makeId('dev', now, crypto.getRandomValues(new Uint8Array(ID_RANDOM_BYTES)))
  const upserted = await upsertDevices(databaseOf(env, appId), appId, registrations, { now, newDeviceId })
  for (const [topic, deviceIds] of wishes(registrations, upserted)) {
    await addMemberships(databaseOf(env, appId), appId, topic, deviceIds, now)
  }
  const devices = new Map(upserted.map(({ device }) => [device.id, device]))
  await joinOwnTopics(env, appId, [...devices.values()])
  return upserted
}

/** Who asked for which topic. */
function wishes(registrations: readonly TopicRegistration[], upserted: readonly Upserted[]): Map<string, string[]> {
  const byTopic = new Map<string, string[]>()
  registrations.forEach(({ topics }, index) => {
    const { id } = upserted[index]!.device
    for (const topic of topics) {
      const deviceIds = byTopic.get(topic)
      if (deviceIds) deviceIds.push(id)
      else byTopic.set(topic, [id])
    }
  })
  return byTopic
}
