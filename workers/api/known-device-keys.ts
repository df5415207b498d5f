/**
 * What this isolate knows of device keys that were rotated, revoked or ended. Devices whose key was never touched have no
 * row anywhere, so an app's few rows are read together, once in a few seconds: receipts of a million devices cost D1 no
 * more than those of one.
 *
 * An app with more than MOST_LISTED rows is asked for each device by itself instead: a point read for each device and
 * isolate in KNOWN.lifeMs, beside the call of an object that each receipt costs anyway.
 */
import type { DeviceKeyClaim } from '../../push/device-key.ts'
import { type DeviceKeyState, UNTOUCHED } from '../../push/device-key-state.ts'
import { ExpiringMap } from '../../push/expiring-map.ts'
import { listDeviceKeys, readDeviceKey } from '../../schema/d1/device-keys.ts'
import { databaseOf } from '../../schema/databases.ts'

/** A page of D1, and about 100 bytes each. */
const MOST_LISTED = 500
/** As short as for API keys, for the same reason. 50 MB if each of them had as many rows as are listed; most have none. */
const KNOWN_APPS = { lifeMs: 5_000, most: 1_000 }
/** About 300 bytes each. */
const KNOWN_DEVICES = { lifeMs: 5_000, most: 10_000 }

type Listed = ReadonlyMap<string, DeviceKeyState> | 'too_many'

const knownApps = new ExpiringMap<Listed>(KNOWN_APPS)
const knownDevices = new ExpiringMap<DeviceKeyState>(KNOWN_DEVICES)

/**
 * What becomes of the device's key, as it was at most five seconds ago, and never before the generation that the claim
 * names was made.
 *
 * @param claim of a key whose MAC fits: nobody else can name a generation @param now epoch ms
 */
export async function recallDeviceKey(env: Env, claim: DeviceKeyClaim, now: number): Promise<DeviceKeyState> {
  const state = await recall(env, claim, now)
  if (claim.generation <= state.generation) return state
  forgetDeviceKey(claim)
  return await recall(env, claim, now)
}

/** The next caller with a key of that device has it looked up again. */
export function forgetDeviceKey({ appId, deviceId }: Pick<DeviceKeyClaim, 'appId' | 'deviceId'>): void {
  knownApps.delete(appId)
  knownDevices.delete(`${appId}/${deviceId}`)
}

async function recall(env: Env, { appId, deviceId }: DeviceKeyClaim, now: number): Promise<DeviceKeyState> {
  const listed = await recallList(env, appId, now)
  if (listed !== 'too_many') return listed.get(deviceId) ?? UNTOUCHED
  const name = `${appId}/${deviceId}`
  return await remembered(knownDevices, name, now, () => readDeviceKey(databaseOf(env, appId), appId, deviceId))
}

function recallList(env: Env, appId: string, now: number): Promise<Listed> {
  return remembered(knownApps, appId, now, async () => {
    const rows = await listDeviceKeys(databaseOf(env, appId), appId, MOST_LISTED + 1)
    return rows.length > MOST_LISTED ? 'too_many' : new Map(rows.map((row) => [row.deviceId, row]))
  })
}

async function remembered<V>(known: ExpiringMap<V>, name: string, now: number, find: () => Promise<V>): Promise<V> {
  const kept = known.get(name, now)
  if (kept !== undefined) return kept
  const { deletions } = known
  const found = await find()
  if (known.deletions === deletions) known.set(name, found, now)
  return found
}
