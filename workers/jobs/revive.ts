/** Takes back retirements that were only a suspicion: in every topic that the device is in, and in the table. */

import { reviveSuspects } from '../../schema/d1/device-quarantine.ts'
import type { Device } from '../../schema/d1/device-table.ts'
import { readDevices } from '../../schema/d1/devices.ts'
import { databaseOf } from '../../schema/databases.ts'
import { joinAhead, joinOwnTopics } from '../api/memberships.ts'

/**
 * The shards before the table: a repetition after an interruption finds only who is retired in the table. Afterwards
 * the shards are told what the table says by then, because somebody may have confirmed or changed a device meanwhile.
 *
 * @param suspects devices of one app, as they were read
 * @returns how many are alive because of this call
 */
export async function reviveDevices(env: Env, appId: string, suspects: readonly Device[]): Promise<number> {
  if (suspects.length === 0) return 0
  const database = databaseOf(env, appId)
  const ids = suspects.map(({ id }) => id)
  await joinAhead(env, appId, suspects)
  const revived = await reviveSuspects(database, appId, ids)
  await joinOwnTopics(env, appId, await readDevices(database, appId, ids))
  return revived.length
}
