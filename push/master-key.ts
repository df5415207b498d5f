/**
 * CREDENTIALS_KEY and the keys derived from it. Every use has a key of its own, so that what one of them signs
 * or encrypts means nothing to another. Pure WebCrypto.
 */

/** AES-256 and HMAC-SHA-256 both want 32 bytes. */
const MASTER_KEY_BYTES = 32

/** What a derived key is for. The text is part of the derivation: changing it orphans what was made with it. */
export type KeyPurpose =
  | 'credential encryption v1'
  | 'user token v1'
  | 'device key v1'
  | 'sealing v2'
  | 'sealing key name v1'

/** CREDENTIALS_KEY was given, but is not 32 bytes in base64 (or base64url). */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError'
}

/** @throws MasterKeyError */
export function parseMasterKey(text: string): Uint8Array<ArrayBuffer> {
  const bytes = decodeBase64(text.trim())
  if (bytes?.length === MASTER_KEY_BYTES) return bytes
  throw new MasterKeyError(`CREDENTIALS_KEY must be ${MASTER_KEY_BYTES} bytes in base64; this one is not.`)
}

/**
 * Derives the bytes of a key by HKDF-SHA-256 (RFC 5869). The master key is uniformly random, so no salt is
 * needed (RFC 5869 §3.1); the scope keeps the keys of one app from opening another's.
 *
 * @param scope the app the key is for, or '' for a key of the whole platform
 */
export async function deriveKeyBytes(
  masterKey: string,
  purpose: KeyPurpose,
  scope: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const base = await crypto.subtle.importKey('raw', parseMasterKey(masterKey), 'HKDF', false, ['deriveBits'])
  const info = new TextEncoder().encode(`fanfare ${purpose}\0${scope}`)
  const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info }
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, base, MASTER_KEY_BYTES * 8))
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return null
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
  } catch {
    return null
  }
}
