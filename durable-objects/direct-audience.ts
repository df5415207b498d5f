/** Who a send to users or devices reaches: reads the devices' table, and makes members of the rows. */

import type { Audience } from '../push/notification.ts'
import type { Device } from '../schema/d1/device-table.ts'
import { readDevices, readDevicesOfUsers } from '../schema/d1/devices.ts'
import type { Member, MemberKey } from './rpc.ts'

export type DirectAudience = Extract<Audience, { kind: 'users' | 'devices' }>

/** The living devices of an audience. */
export async function readDirectMembers(db: D1Database, appId: string, audience: DirectAudience): Promise<Member[]> {
  const devices =
    audience.kind === 'users'
      ? await readDevicesOfUsers(db, appId, audience.userIds)
      : await readDevices(db, appId, audience.deviceIds)
  return devices.filter((device) => device.retiredAt === null).map(memberOf)
}

/**
 * Members of a ledger, by their keys, as the devices' table has them today, and those that are gone: retired, deleted, or
 * of another user when it was a user who was meant. A member keeps its place in the ledger, whatever its slot is now.
 */
export async function readFreshMembers(
  db: D1Database,
  appId: string,
  audience: DirectAudience,
  keys: readonly MemberKey[],
): Promise<{ current: Member[]; gone: MemberKey[] }> {
  const devices = await readDevices(
    db,
    appId,
    keys.map((key) => key.deviceId),
  )
  const today = new Map(devices.filter((device) => device.retiredAt === null).map((device) => [device.id, device]))
  const current: Member[] = []
  const gone: MemberKey[] = []
  for (const key of keys) {
    const device = today.get(key.deviceId)
    if (device && (audience.kind === 'devices' || device.slot === key.slot)) {
      current.push({ ...memberOf(device), slot: key.slot })
    } else gone.push(key)
  }
  return { current, gone }
}

/** A device as a member of a topic or of a direct send. */
export function memberOf(device: Device): Member {
  const { id, userId, slot, platform, address } = device
  return { deviceId: id, userId, slot, platform, address }
}
