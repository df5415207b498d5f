/**
 * Device keys with the secrets of their apps: makes and checks them. Which generation of a device's key is good is not
 * asked here (api/known-device-keys.ts).
 */
import { type AppSecret, makeSecretMaterial, type SecretMaterial } from '../push/app-secret.ts'
import { type DeviceKeyClaim, derivedDeviceSecret, isDeviceKey, makeDeviceKey } from '../push/device-key.ts'
import { hasDevices } from '../schema/d1/devices.ts'
import { databaseOf } from '../schema/databases.ts'
import { requireMasterKeys } from './api/secrets.ts'
import { acceptedSecrets, currentSecret } from './app-secrets.ts'

/** Makes device keys of one app. @param now epoch ms @throws ApiProblem when CREDENTIALS_KEY is missing or malformed */
export async function deviceKeyMaker(
  env: Env,
  appId: string,
  now: number,
): Promise<(deviceId: string, generation: number) => Promise<string>> {
  const hmacKey = hmacKeyOf(await deviceSecretOf(env, appId, now))
  return (deviceId, generation) => makeDeviceKey(hmacKey, { appId, deviceId, generation })
}

/**
 * Whether we made the key that claims so, with a secret whose work is still good.
 *
 * @param claim of an app that there is @param now epoch ms
 * @throws ApiProblem when CREDENTIALS_KEY is missing or malformed
 */
export async function isOwnDeviceKey(env: Env, claim: DeviceKeyClaim, text: string, now: number): Promise<boolean> {
  // Keys may be older than the app's first secret, which is then made such that it fits them.
  await deviceSecretOf(env, claim.appId, now)
  const accepted = await acceptedSecrets(env, askFor(env, claim.appId, now))
  const fits = await Promise.all(accepted.map((secret) => isDeviceKey(hmacKeyOf(secret), claim, text)))
  return fits.includes(true)
}

/**
 * The secret that makes an app's device keys. When there is none it is made now: out of the oldest master key that is set,
 * if keys of the app's devices may have been.
 *
 * @param now epoch ms
 * @throws ApiProblem when CREDENTIALS_KEY is missing or malformed
 */
export function deviceSecretOf(env: Env, appId: string, now: number): Promise<AppSecret> {
  const asked = askFor(env, appId, now)
  return currentSecret(env, asked, () => firstMaterial(env, appId, asked.masterKeys))
}

/** An app that has devices but no secret gave them keys that were derived from the master key: they stay valid. */
async function firstMaterial(env: Env, appId: string, masterKeys: readonly string[]): Promise<SecretMaterial> {
  if (!(await hasDevices(databaseOf(env, appId), appId))) return makeSecretMaterial('device_keys')
  return derivedDeviceSecret(masterKeys.at(-1)!, appId)
}

function askFor(env: Env, appId: string, now: number) {
  return { appId, use: 'device_keys', masterKeys: requireMasterKeys(env), now } as const
}

function hmacKeyOf({ material, id }: AppSecret): string {
  if ('hmacKey' in material) return material.hmacKey
  throw new Error(`the secret ${id} is no HMAC key`)
}
