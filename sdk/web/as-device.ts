/**
 * Calls that a browser makes as its device. A device key can be rotated or revoked, and the page or the service worker
 * learns it by a refusal: then it registers again, which answers the current key, and makes the call once more.
 */
import { FanfareError, registerDevice } from './api.ts'
import { type Installation, readInstallation, writeInstallation } from './installation.ts'
import type { Store } from './store.ts'

/** The browser's PushSubscription, or null when there is none any more. */
export type FindSubscription = () => Promise<PushSubscription | null>

/**
 * @param own as it was read from the store
 * @throws {FanfareError} what the call, or the registration, was refused with
 */
export async function asDevice(
  store: Store,
  own: Installation,
  find: FindSubscription,
  call: (device: Installation) => Promise<void>,
): Promise<void> {
  try {
    await call(own)
  } catch (error) {
    if (!(error instanceof FanfareError) || error.status !== 401) throw error
    const current = (await alreadyAgain(store, own)) ?? (await registerAgain(store, own, find))
    if (current === null) throw error
    await call(current)
  }
}

/** Another page, or the service worker, was refused a moment earlier. */
async function alreadyAgain(store: Store, own: Installation): Promise<Installation | null> {
  const kept = await readInstallation(store)
  return kept === undefined || kept.deviceKey === own.deviceKey ? null : kept
}

/** What is left out of a registration stays: the user, the topics. A device that was deleted becomes another one. */
async function registerAgain(store: Store, own: Installation, find: FindSubscription): Promise<Installation | null> {
  const subscription = await find()
  if (subscription === null) return null
  const device = await registerDevice(own.baseUrl, own.publishableKey, subscription.toJSON(), {})
  const current = { ...own, deviceId: device.id, deviceKey: device.device_key, endpoint: subscription.endpoint }
  await writeInstallation(store, current)
  return current
}
