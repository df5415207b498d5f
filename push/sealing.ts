/**
 * Secrets at rest: AES-256-GCM (NIST SP 800-38D) under a key derived from a master key. Pure WebCrypto: the
 * initialization vector is an argument. Knows bytes and their label, not what they mean.
 *
 * Layout: 1 byte version, 4 bytes that name the master key, 12 bytes initialization vector, ciphertext with its 16-byte
 * tag. The version, the name of the key and the label are authenticated with it, so that bytes copied to another app or
 * use do not open.
 */
import { deriveKeyBytes } from './master-key.ts'

/** 96 bits: what SP 800-38D §8.2 asks for; random ones are safe for 2³² encryptions under a key. */
export const SEAL_IV_BYTES = 12
/** Names the layout and the derivation of the key. */
const VERSION = 2
/** Enough to tell a handful of master keys apart; opening proves itself by the tag. */
const KEY_NAME_BYTES = 4
const HEAD_BYTES = 1 + KEY_NAME_BYTES

/** Whose secret it is and what for: authenticated, not stored in the bytes. */
export interface SealLabel {
  readonly appId: string
  readonly use: string
}

/** The stored bytes cannot be opened: another master key, another label, or damage. */
export class SealError extends Error {
  override readonly name = 'SealError'
}

/**
 * @param iv {@link SEAL_IV_BYTES} random bytes, never used before
 * @throws MasterKeyError
 */
export async function seal(
  masterKey: string,
  label: SealLabel,
  plaintext: Uint8Array<ArrayBuffer>,
  iv: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const head = await headFor(masterKey)
  const key = await sealingKey(masterKey, 'encrypt')
  const ciphertext = new Uint8Array(await crypto.subtle.encrypt(gcm(head, label, iv), key, plaintext))
  return concat(head, iv, ciphertext)
}

/**
 * @param masterKeys those that may have sealed it
 * @throws MasterKeyError, SealError
 */
export async function unseal(
  masterKeys: readonly string[],
  label: SealLabel,
  sealed: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const head = sealed.slice(0, HEAD_BYTES)
  const iv = sealed.slice(HEAD_BYTES, HEAD_BYTES + SEAL_IV_BYTES)
  for (const masterKey of masterKeys) {
    if (!sameBytes(await headFor(masterKey), head)) continue
    const key = await sealingKey(masterKey, 'decrypt')
    try {
      const ciphertext = sealed.slice(HEAD_BYTES + SEAL_IV_BYTES)
      return new Uint8Array(await crypto.subtle.decrypt(gcm(head, label, iv), key, ciphertext))
    } catch (cause) {
      throw new SealError(`the ${label.use} secret of ${label.appId} does not open`, { cause })
    }
  }
  throw new SealError(`no master key that is set has sealed the ${label.use} secret of ${label.appId}`)
}

/** Whether the bytes were sealed with this master key. @throws MasterKeyError */
export async function isSealedWith(masterKey: string, sealed: Uint8Array<ArrayBuffer>): Promise<boolean> {
  return sameBytes(await headFor(masterKey), sealed.slice(0, HEAD_BYTES))
}

async function headFor(masterKey: string): Promise<Uint8Array<ArrayBuffer>> {
  const name = await deriveKeyBytes(masterKey, 'sealing key name v1', '')
  return concat(Uint8Array.of(VERSION), name.slice(0, KEY_NAME_BYTES))
}

async function sealingKey(masterKey: string, usage: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  const bytes = await deriveKeyBytes(masterKey, 'sealing v2', '')
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, [usage])
}

function gcm(head: Uint8Array, { appId, use }: SealLabel, iv: Uint8Array<ArrayBuffer>) {
  return { name: 'AES-GCM', iv, additionalData: concat(head, new TextEncoder().encode(`${appId}\0${use}`)) }
}

function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Names of keys are no secret: nothing is learnt from how long this takes. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
