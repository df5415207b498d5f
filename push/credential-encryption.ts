/**
 * Credentials at rest: AES-256-GCM (NIST SP 800-38D) under a key derived from CREDENTIALS_KEY. Pure WebCrypto:
 * the initialization vector is an argument.
 *
 * Layout: 1 byte version, 12 bytes initialization vector, ciphertext with its 16-byte tag. App and platform are
 * authenticated with it, so that a row copied to another app or platform does not open.
 */
import type { Credential } from './credential.ts'
import type { Platform } from './device.ts'
import { deriveKeyBytes } from './master-key.ts'

/** 96 bits: what SP 800-38D §8.2 asks for; random ones are safe for 2³² encryptions under a key. */
export const IV_BYTES = 12
/** Names the layout and the derivation of the key. */
const VERSION = 1

/** Whose credential it is: authenticated, not stored in the text. */
export interface CredentialOwner {
  readonly appId: string
  readonly platform: Platform
}

/** The stored bytes cannot be opened: another CREDENTIALS_KEY, another owner, or damage. */
export class CredentialSealError extends Error {
  override readonly name = 'CredentialSealError'
}

/**
 * @param iv {@link IV_BYTES} random bytes, never used before
 * @throws MasterKeyError
 */
export async function sealCredential(
  masterKey: string,
  owner: CredentialOwner,
  credential: Credential,
  iv: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await encryptionKey(masterKey, 'encrypt')
  const plaintext = new TextEncoder().encode(JSON.stringify(credential))
  const ciphertext = new Uint8Array(await crypto.subtle.encrypt(gcm(owner, iv), key, plaintext))
  const sealed = new Uint8Array(1 + IV_BYTES + ciphertext.length)
  sealed[0] = VERSION
  sealed.set(iv, 1)
  sealed.set(ciphertext, 1 + IV_BYTES)
  return sealed
}

/** @throws MasterKeyError, CredentialSealError */
export async function openCredential(
  masterKey: string,
  owner: CredentialOwner,
  sealed: Uint8Array<ArrayBuffer>,
): Promise<Credential> {
  if (sealed[0] !== VERSION) throw new CredentialSealError(`credential has the unknown version ${sealed[0]}`)
  const key = await encryptionKey(masterKey, 'decrypt')
  const iv = sealed.slice(1, 1 + IV_BYTES)
  try {
    const plaintext = await crypto.subtle.decrypt(gcm(owner, iv), key, sealed.slice(1 + IV_BYTES))
    return JSON.parse(new TextDecoder().decode(plaintext)) as Credential
  } catch (cause) {
    const what = `the ${owner.platform} credential of ${owner.appId}`
    throw new CredentialSealError(`CREDENTIALS_KEY does not open ${what}: store the credential again`, { cause })
  }
}

async function encryptionKey(masterKey: string, usage: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  const bytes = await deriveKeyBytes(masterKey, 'credential encryption v1', '')
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, [usage])
}

function gcm({ appId, platform }: CredentialOwner, iv: Uint8Array<ArrayBuffer>) {
  const additionalData = new TextEncoder().encode(`${VERSION}\0${appId}\0${platform}`)
  return { name: 'AES-GCM', iv, additionalData }
}
