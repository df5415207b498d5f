/**
 * Devices that were heard of by a receipt. An isolate gathers them for a moment and tells the database once for all of
 * them, after the answers: receipts come in crowds right after a campaign, and nobody waits for this. What gets lost with
 * an isolate is said again by the device's next receipt.
 */
import { waitUntil } from 'cloudflare:workers'
import { type Heard, noteHeard } from '../../schema/d1/device-quarantine.ts'
import { readDevices } from '../../schema/d1/devices.ts'
import { databaseOf } from '../../schema/databases.ts'
import { admitReturning } from '../api/device-quota.ts'
import { reviveDevices } from './revive.ts'

const GATHER_MS = 1_000
/** Crowds beyond this are told in another call. */
const MOST_GATHERED = 2_000
/** A device costs at most one row written in this time: staleness is counted in months. */
const NOTE_EVERY_MS = 24 * 60 * 60 * 1000

let gathered = new Map<string, Heard>()
/** Epoch ms by which somebody was to have told. An invocation that is cut off tells nobody, and the next one must. */
let toldBy = 0

/** Notes that a device was heard of. @param now epoch ms */
export function noteSignOfLife(env: Env, heard: Heard, now: number): void {
  gathered.set(`${heard.appId} ${heard.deviceId}`, heard)
  if (gathered.size >= MOST_GATHERED) waitUntil(tell(env))
  else if (gathered.size === 1 || now > toldBy) {
    toldBy = now + 2 * GATHER_MS
    waitUntil(tellSoon(env))
  }
}

async function tellSoon(env: Env): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, GATHER_MS))
  await tell(env)
}

async function tell(env: Env): Promise<void> {
  const devices = [...gathered.values()]
  gathered = new Map()
  try {
    await tellDatabases(env, devices, Date.now())
  } catch (error) {
    console.error('signs of life were not noted, later ones will be', { devices: devices.length, error: String(error) })
  }
}

async function tellDatabases(env: Env, devices: readonly Heard[], now: number): Promise<void> {
  for (const [database, own] of Map.groupBy(devices, ({ appId }) => databaseOf(env, appId))) {
    const suspects = await noteHeard(database, own, now, now - NOTE_EVERY_MS)
    for (const [appId, those] of Map.groupBy(suspects, (suspect) => suspect.appId)) {
      const ids = those.map(({ deviceId }) => deviceId)
      const retired = (await readDevices(database, appId, ids)).filter(({ retiredAt }) => retiredAt !== null)
      // A receipt alone makes no place where the app's quota of devices has none: who registers is told.
      const { admitted } = await admitReturning(env, appId, retired, now)
      await reviveDevices(env, appId, admitted)
    }
  }
}
