/**
 * Registrations of an app that has a quota of devices. Who is there already may register again whatever is left; only
 * devices that are new, or were retired, take a place. An app without the quota costs nothing here.
 */
import { meterOf } from '../../durable-objects/stubs.ts'
import type { QuotaRefusal } from '../../push/quota-book.ts'
import { readRowsByAddress } from '../../schema/d1/devices-by-address.ts'
import { cutRows } from '../../schema/d1/json-list.ts'
import { databaseOf } from '../../schema/databases.ts'
import { recallApp } from './known-apps.ts'
import { tellExceeded, tellWarnings } from './tell-quota.ts'

interface Registering {
  readonly addressHash: string
}

/** Which of the registrations there is no room for. */
export interface Admission<R> {
  readonly admitted: R[]
  readonly refused: R[]
  /** Why; null: nobody was refused. */
  readonly refusal: QuotaRefusal | null
}

/** Takes places for those who need one, in their order. */
export async function admitDevices<R extends Registering>(
  env: Env,
  appId: string,
  registrations: readonly R[],
  now: number,
): Promise<Admission<R>> {
  const limit = (await recallApp(env, appId, now))?.quotas.devices ?? null
  const everybody = { admitted: [...registrations], refused: [], refusal: null }
  if (limit === null) return everybody
  const newcomers = await findNewcomers(env, appId, registrations)
  if (newcomers.size === 0) return everybody
  const { granted, used, warnings } = await meterOf(env, appId).takePlaces(newcomers.size, limit)
  tellWarnings(env, appId, warnings, now)
  const waiting = new Set([...newcomers].slice(granted))
  if (waiting.size === 0) return everybody
  const { admitted = [], refused = [] } = Object.groupBy(registrations, ({ addressHash }) =>
    waiting.has(addressHash) ? 'refused' : 'admitted',
  )
  const refusal = { quota: 'devices', used, limit, resetsAt: null } as const
  tellExceeded(env, appId, refusal, now)
  return { admitted, refused, refusal }
}

/** The addresses at which there is no living device, each once. */
async function findNewcomers(env: Env, appId: string, registrations: readonly Registering[]): Promise<Set<string>> {
  const wanted = new Set(registrations.map(({ addressHash }) => addressHash))
  for (const part of cutRows([...wanted])) {
    for (const row of await readRowsByAddress(databaseOf(env, appId), appId, part)) {
      if (row.retiredAt === null) wanted.delete(row.addressHash)
    }
  }
  return wanted
}
