/** Device keys as they were made before apps had secrets, for tests of what becomes of them. */
import { derivedDeviceSecret } from '../../push/device-key.ts'

export async function firstDeviceKey(masterKey: string, appId: string, deviceId: string): Promise<string> {
  const derived = await derivedDeviceSecret(masterKey, appId)
  const bytes = Buffer.from('hmacKey' in derived ? derived.hmacKey : '', 'base64url')
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const mac = Buffer.from(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(deviceId)))
  return `dk_${appId.slice(4)}_${deviceId.slice(4)}_${mac.toString('base64url')}`
}
