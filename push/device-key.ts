/**
 * Device keys: what a device proves itself with. Computed, not stored: registering the same device again answers the
 * same key, and a table of them could not be stolen. Pure.
 *
 * `dk_` + body of the app id + `_` + body of the device id + `_` + generation + `_` +
 * base64url(HMAC-SHA-256(secret of the app, device id + NUL + generation)) + checksum (key-text.ts).
 *
 * The app's id is in the key because the secret is the app's (push/app-secret.ts, use `device_keys`). The generation is
 * what rotating and revoking the key of one device raises (device-key-state.ts). Keys that were made before there were
 * generations are good for generation 0: they have neither generation nor checksum, and their MAC is over the device id.
 */
import { base64url } from 'jose'
import type { SecretMaterial } from './app-secret.ts'
import { equalInConstantTime } from './constant-time.ts'
import { CHECKSUM_CHARACTERS, hasChecksum, withChecksum } from './key-text.ts'
import { deriveKeyBytes } from './master-key.ts'

const WHOSE = '^dk_([0-9a-hjkmnp-tv-z]{29})_([0-9a-hjkmnp-tv-z]{29})_'
const MAC = '[A-Za-z0-9_-]{43}'
/** Nobody's key is rotated a billion times. */
const DEVICE_KEY = new RegExp(`${WHOSE}(0|[1-9][0-9]{0,8})_${MAC}[0-9A-Za-z]{${CHECKSUM_CHARACTERS}}$`)
const FIRST_FORM = new RegExp(`${WHOSE}${MAC}$`)

/** Whose device key it is, or claims to be. */
export interface DeviceKeyClaim {
  readonly appId: string
  readonly deviceId: string
  readonly generation: number
}

/** @param hmacKey of the app, as push/app-secret.ts has it */
export async function makeDeviceKey(hmacKey: string, claim: DeviceKeyClaim): Promise<string> {
  const { appId, deviceId, generation } = claim
  const mac = await macOf(hmacKey, `${deviceId}\0${generation}`)
  return withChecksum(`dk_${bodyOf(appId)}_${bodyOf(deviceId)}_${generation}_${mac}`)
}

/** What the text claims; null when it is no device key: it was mistyped or cut. Proves nothing. */
export function parseDeviceKey(text: string): DeviceKeyClaim | null {
  const parts = (hasChecksum(text) ? DEVICE_KEY.exec(text) : null) ?? FIRST_FORM.exec(text)
  if (parts === null) return null
  return { appId: `app_${parts[1]}`, deviceId: `dev_${parts[2]}`, generation: Number(parts[3] ?? 0) }
}

/** Whether the key that claims so was made with this secret of the app. */
export async function isDeviceKey(hmacKey: string, claim: DeviceKeyClaim, text: string): Promise<boolean> {
  const key = FIRST_FORM.test(text) ? await firstFormOf(hmacKey, claim) : await makeDeviceKey(hmacKey, claim)
  return equalInConstantTime(key, text)
}

/** What the device keys of all apps were derived from before apps had secrets. @throws MasterKeyError */
export async function derivedDeviceSecret(masterKey: string, appId: string): Promise<SecretMaterial> {
  return { hmacKey: base64url.encode(await deriveKeyBytes(masterKey, 'device key v1', appId)) }
}

async function firstFormOf(hmacKey: string, { appId, deviceId }: DeviceKeyClaim): Promise<string> {
  return `dk_${bodyOf(appId)}_${bodyOf(deviceId)}_${await macOf(hmacKey, deviceId)}`
}

async function macOf(hmacKey: string, text: string): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', new Uint8Array(base64url.decode(hmacKey)), algorithm, false, [
    'sign',
  ])
  return base64url.encode(new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text))))
}

function bodyOf(id: string): string {
  return id.slice(id.indexOf('_') + 1)
}
