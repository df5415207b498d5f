/**
 * Device keys: what a device proves itself with. Derived, not stored: registering the same device again
 * answers the same key, and checking one needs no table. Pure.
 *
 * `dk_` + body of the app id + `_` + body of the device id + `_` + base64url(HMAC-SHA-256(key of the app, device id)).
 * The app's id is in the key because the MAC's key is derived for the app.
 */
import { base64url } from 'jose'
import { equalInConstantTime } from './constant-time.ts'
import { deriveKeyBytes } from './master-key.ts'

const DEVICE_KEY = /^dk_([0-9a-hjkmnp-tv-z]{29})_([0-9a-hjkmnp-tv-z]{29})_[A-Za-z0-9_-]{43}$/

/** Whose device key it claims to be. */
export interface DeviceKeyOwner {
  readonly appId: string
  readonly deviceId: string
}

/** @throws MasterKeyError when the master key is malformed */
export async function makeDeviceKey(masterKey: string, owner: DeviceKeyOwner): Promise<string> {
  return (await deviceKeyMaker(masterKey, owner.appId))(owner.deviceId)
}

/** Makes keys for many devices of one app: derives once, signs for each. @throws MasterKeyError */
export async function deviceKeyMaker(masterKey: string, appId: string): Promise<(deviceId: string) => Promise<string>> {
  const bytes = await deriveKeyBytes(masterKey, 'device key v1', appId)
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return async (deviceId) => {
    const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(deviceId))
    return `dk_${bodyOf(appId)}_${bodyOf(deviceId)}_${base64url.encode(new Uint8Array(mac))}`
  }
}

/** Whose key it is, or null when we did not make it. @throws MasterKeyError */
export async function readDeviceKey(masterKey: string, text: string): Promise<DeviceKeyOwner | null> {
  const parts = DEVICE_KEY.exec(text)
  if (parts === null) return null
  const owner = { appId: `app_${parts[1]}`, deviceId: `dev_${parts[2]}` }
  return equalInConstantTime(await makeDeviceKey(masterKey, owner), text) ? owner : null
}

function bodyOf(id: string): string {
  return id.slice(id.indexOf('_') + 1)
}
