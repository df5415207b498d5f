/**
 * Credentials as sealed bytes. New ones have the layout of sealing.ts; the first ones had one of their own, without the
 * name of the master key, which is only opened. Pure: the initialization vector is an argument.
 *
 * Layout 1: 1 byte version, 12 bytes initialization vector, ciphertext with its 16-byte tag. Version, app and platform
 * are authenticated with it.
 */
import type { Credential } from './credential.ts'
import type { Platform } from './device.ts'
import { deriveKeyBytes } from './master-key.ts'
import { SEAL_IV_BYTES, SealError, type SealLabel, seal, unseal } from './sealing.ts'

const LAYOUT_1 = 1

/** Whose credential it is: authenticated, not stored in the bytes. */
export interface CredentialOwner {
  readonly appId: string
  readonly platform: Platform
}

/**
 * @param iv {@link SEAL_IV_BYTES} random bytes, never used before
 * @throws MasterKeyError
 */
export function sealCredential(
  masterKey: string,
  owner: CredentialOwner,
  credential: Credential,
  iv: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const plaintext = new Uint8Array(new TextEncoder().encode(JSON.stringify(credential)))
  return seal(masterKey, credentialLabel(owner), plaintext, iv)
}

/**
 * @param masterKeys those that may have sealed it
 * @throws MasterKeyError, SealError
 */
export async function openCredential(
  masterKeys: readonly string[],
  owner: CredentialOwner,
  sealed: Uint8Array<ArrayBuffer>,
): Promise<Credential> {
  return JSON.parse(new TextDecoder().decode(await unsealCredential(masterKeys, owner, sealed))) as Credential
}

/** The JSON of a credential, of either layout. @throws MasterKeyError, SealError */
export async function unsealCredential(
  masterKeys: readonly string[],
  owner: CredentialOwner,
  sealed: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  if (sealed[0] !== LAYOUT_1) return await unseal(masterKeys, credentialLabel(owner), sealed)
  // It does not say which master key sealed it: the tag does.
  for (const masterKey of masterKeys) {
    const opened = await openLayout1(masterKey, owner, sealed)
    if (opened !== null) return opened
  }
  throw new SealError(`no master key that is set opens the ${owner.platform} credential of ${owner.appId}`)
}

/** What a credential is sealed for. */
export function credentialLabel({ appId, platform }: CredentialOwner): SealLabel {
  return { appId, use: `${platform} credential` }
}

/** Null: another master key, another owner, or damage. @throws MasterKeyError */
async function openLayout1(
  masterKey: string,
  { appId, platform }: CredentialOwner,
  sealed: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const bytes = await deriveKeyBytes(masterKey, 'credential encryption v1', '')
  const key = await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['decrypt'])
  const iv = sealed.slice(1, 1 + SEAL_IV_BYTES)
  const additionalData = new TextEncoder().encode(`${LAYOUT_1}\0${appId}\0${platform}`)
  try {
    const ciphertext = sealed.slice(1 + SEAL_IV_BYTES)
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, ciphertext))
  } catch (error) {
    if (error instanceof DOMException) return null
    throw error
  }
}
