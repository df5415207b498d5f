/**
 * Lets devices out of quarantine once their credential's guard is closed again: those that have waited longest first,
 * a few at a time. The next send tells the truth about each: who is really dead is then retired for good.
 */

import { readThrottle } from '../../durable-objects/throttle.ts'
import { listQuarantined, nextQuarantine } from '../../schema/d1/device-quarantine.ts'
import { allDatabases } from '../../schema/databases.ts'
import { reviveDevices } from './revive.ts'

/**
 * Devices let out a minute and credential. Few: if they are really dead, they have to stay a small share of what is
 * sent, or they would open the guard again. 144,000 a day.
 */
const DEVICES_A_MINUTE = 100

/** Credentials looked at in a minute; the rest have their turn when these are empty. */
const CREDENTIALS_A_MINUTE = 50

export async function releaseQuarantine(env: Env): Promise<void> {
  for (const database of allDatabases(env)) {
    let place = { appId: '', platform: '' }
    for (let looked = 0; looked < CREDENTIALS_A_MINUTE; looked++) {
      const found = await nextQuarantine(database, place)
      if (!found) break
      place = found
      const { appId, platform } = found
      if ((await readThrottle(env, found)).quarantine) continue
      const page = { platform, after: null, limit: DEVICES_A_MINUTE }
      await reviveDevices(env, appId, await listQuarantined(database, appId, page))
    }
  }
}
