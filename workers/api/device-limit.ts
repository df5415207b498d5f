/**
 * How fast one device may call. Roughly: an object for each device would cost more than it protects, and what a device
 * key opens is that device.
 */
import { LIMIT_WINDOW_MS } from '../../push/allowance-block.ts'
import { ExpiringMap } from '../../push/expiring-map.ts'
import type { Caller } from './caller.ts'
import { isWithin, tooMany } from './platform-limit.ts'

/** An isolate lets a device make so many calls in ten seconds without asking: nearly no device makes more. */
const UNASKED = 20
const COUNTED = { lifeMs: LIMIT_WINDOW_MS, most: 20_000 }

/** Calls by device. A value is replaced only when it has expired, so that it counts one window. */
const calls = new ExpiringMap<{ count: number }>(COUNTED)

/** @throws ApiProblem `rate_limited` */
export async function limitDevice(
  env: Env,
  { appId, deviceId }: Extract<Caller, { kind: 'device' }>,
  now: number,
): Promise<void> {
  const name = `${appId}/${deviceId}`
  const counted = calls.get(name, now) ?? { count: 0 }
  if (counted.count === 0) calls.set(name, counted, now)
  counted.count++
  if (counted.count <= UNASKED || (await isWithin(env, 'CALLS_BY_DEVICE', name))) return
  throw tooMany('CALLS_BY_DEVICE', 'This device calls too fast. Report receipts in lists, and wait a little.')
}
