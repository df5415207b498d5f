/** The device that a request names, or the problem that it does not exist. */
import { isId } from '../../push/ids.ts'
import type { Device } from '../../schema/d1/device-table.ts'
import { readDevice } from '../../schema/d1/devices.ts'
import { databaseOf } from '../../schema/databases.ts'
import { ApiProblem } from './problem.ts'

/** @throws ApiProblem `not_found`, for another app's device too */
export async function findDevice(env: Env, appId: string, deviceId: string): Promise<Device> {
  const device = isId('dev', deviceId) ? await readDevice(databaseOf(env, appId), appId, deviceId) : null
  if (device !== null) return device
  throw new ApiProblem('not_found', `There is no device ${deviceId} in this app.`, { param: 'id' })
}
