/**
 * CREDENTIALS_KEY and the keys derived from it. Every use has a key of its own, so that what one of them signs
 * or encrypts means nothing to another. Pure WebCrypto.
 */

/** AES-256 and HMAC-SHA-256 both want 32 bytes. */
const MASTER_KEY_BYTES = 32

/** What a derived key is for. The text is part of the derivation: changing it orphans what was made with it. */
export type KeyPurpose =
  | 'credential encryption v1'
  | 'device key v1'
  | 'send confirmation v1'
  | 'sealing v2'
  | 'sealing key name v1'

/** Those that may have sealed something; the first one seals. */
export type MasterKeys = readonly [string, ...string[]]

/** Where they come from. */
export interface MasterKeyVars {
  /** Seals, and opens. */
  readonly CREDENTIALS_KEY?: string
  /** One or several, comma separated: open what they sealed before CREDENTIALS_KEY took their place. */
  readonly CREDENTIALS_KEY_PREVIOUS?: string
}

/** A master key is missing, or is not 32 bytes in base64 (or base64url). */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError'
  readonly variable: keyof MasterKeyVars

  constructor(variable: keyof MasterKeyVars) {
    super(`${variable} must be ${MASTER_KEY_BYTES} bytes in base64; this one is not.`)
    this.variable = variable
  }
}

/** @throws MasterKeyError */
export function parseMasterKey(
  text: string,
  variable: keyof MasterKeyVars = 'CREDENTIALS_KEY',
): Uint8Array<ArrayBuffer> {
  const bytes = decodeBase64(text.trim())
  if (bytes?.length === MASTER_KEY_BYTES) return bytes
  throw new MasterKeyError(variable)
}

/** Those that may have sealed what is stored; the first one seals. @throws MasterKeyError */
export function masterKeysOf({ CREDENTIALS_KEY = '', CREDENTIALS_KEY_PREVIOUS = '' }: MasterKeyVars): MasterKeys {
  parseMasterKey(CREDENTIALS_KEY)
  const previous = CREDENTIALS_KEY_PREVIOUS.split(',').filter((key) => key.trim() !== '')
  for (const key of previous) parseMasterKey(key, 'CREDENTIALS_KEY_PREVIOUS')
  return [CREDENTIALS_KEY, ...previous]
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
