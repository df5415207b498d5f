/**
 * Whether a push may be shown here: any, or where the app said `verify: 'required'` those alone that it signed for this
 * device. Sequences; what is right is decided in verify.ts.
 */
import { keySourceOf } from './api.ts'
import { findKey } from './app-keys.ts'
import { readInstallation } from './installation.ts'
import type { Store } from './store.ts'
import { type Verdict, verifyPush } from './verify.ts'

/** @param payload of the push, parsed @param now epoch ms */
export async function checkPush(
  store: Store,
  payload: Readonly<Record<string, unknown>>,
  now: number,
): Promise<Verdict | 'not_asked'> {
  const installation = await readInstallation(store)
  if (installation?.verify !== 'required') return 'not_asked'
  const { deviceId } = installation
  const source = keySourceOf(installation)
  return verifyPush(payload, { deviceId, now, findKey: (kid) => findKey(store, source, kid, now) })
}
