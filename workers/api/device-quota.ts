/**
 * Devices of an app that has a quota of them. Who is there already may register again whatever is left; only devices that
 * are new, or were retired and come back, take a place. An app without the quota costs nothing here.
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

/** Which of them there is no room for. */
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
  const { granted, refusal } = await takePlaces(env, appId, newcomers.size, limit, now)
  const waiting = new Set([...newcomers].slice(granted))
  const { admitted = [], refused = [] } = Object.groupBy(registrations, ({ addressHash }) =>
    waiting.has(addressHash) ? 'refused' : 'admitted',
  )
  return { admitted, refused, refusal }
}

/** Takes places for devices that were retired and come back, in their order. */
export async function admitReturning<D>(
  env: Env,
  appId: string,
  devices: readonly D[],
  now: number,
): Promise<Admission<D>> {
  const limit = devices.length === 0 ? null : ((await recallApp(env, appId, now))?.quotas.devices ?? null)
  if (limit === null) return { admitted: [...devices], refused: [], refusal: null }
  const { granted, refusal } = await takePlaces(env, appId, devices.length, limit, now)
  return { admitted: devices.slice(0, granted), refused: devices.slice(granted), refusal }
}

async function takePlaces(env: Env, appId: string, wanted: number, limit: number, now: number) {
  const { granted, used, warnings } = await meterOf(env, appId).takePlaces(wanted, limit)
  tellWarnings(env, appId, warnings, now)
  if (granted >= wanted) return { granted, refusal: null }
  const refusal: QuotaRefusal = { quota: 'devices', used, limit, resetsAt: null }
  tellExceeded(env, appId, refusal, now)
  return { granted, refusal }
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
