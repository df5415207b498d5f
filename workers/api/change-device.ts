/**
 * Changing and deleting one device, its topics included. Sequences only; what becomes of the row is decided by
 * schema/d1/device-merge.ts. The order of the writes is explained in memberships.ts.
 */
import { leaveTopic } from '../../durable-objects/topic-members.ts'
import type { Device } from '../../schema/d1/device-table.ts'
import { type DeviceChanges, deleteDevice, type UpdateAnswer, updateDevice } from '../../schema/d1/devices.ts'
import { databaseOf } from '../../schema/databases.ts'
import { forgetDeviceKey } from './known-device-keys.ts'
import { joinOwnTopics, leaveOwnTopics } from './memberships.ts'
import { placesOf } from './touched-places.ts'

/**
 * Changes a device and carries the change to every topic it is in.
 *
 * @param now epoch ms
 */
export async function changeDevice(
  env: Env,
  appId: string,
  deviceId: string,
  changes: DeviceChanges,
  now: number,
): Promise<UpdateAnswer> {
  const answer = await updateDevice(databaseOf(env, appId), appId, deviceId, changes, now)
  if (answer.kind === 'updated') await joinOwnTopics(env, appId, [answer.device])
  return answer
}

/**
 * Deletes a device; no later send reaches it, and its key ends. It leaves its topics twice: before, so that a repetition finds what an
 * interruption left behind, and after, for the topics that it joined meanwhile.
 *
 * @param now epoch ms
 */
export async function removeDevice(env: Env, appId: string, device: Device, now: number): Promise<void> {
  await leaveOwnTopics(env, appId, [device])
  const deleted = await deleteDevice(databaseOf(env, appId), appId, device.id, now)
  forgetDeviceKey({ appId, deviceId: device.id })
  if (deleted === null) return
  for (const topic of deleted.topics) await leaveTopic(env, appId, topic, placesOf(deleted.device))
}
