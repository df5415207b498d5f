/**
 * Whether a credential can work at all, found out when it is given and not when the first push fails: keys
 * parse, are of the right kind and belong together. Pure; asks no push service.
 */
import { base64url, importJWK } from 'jose'
import type { ApnsCredential, FcmCredential, WebPushCredential } from './credential.ts'
import { isP256Point } from './p256-point.ts'
import { importPrivateKey } from './providers/private-key.ts'

/** Google's service account keys have 2048; anything shorter is not one of Google's. */
const MIN_RSA_BITS = 2048
const P256_SCALAR_BYTES = 32
const COORDINATE_BYTES = 32

/** What is wrong, and with which field of the credential. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError'
  readonly field: string

  constructor(field: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.field = field
  }
}

/** @throws CredentialError when the private key is not RSA of at least 2048 bits in PKCS #8 */
export async function checkFcmCredential(credential: FcmCredential): Promise<void> {
  const key = await importFor(credential.privateKey, 'RS256', 'an RSA key in PEM (PKCS #8)')
  const { modulusLength } = key.algorithm as { modulusLength?: number }
  if (modulusLength === undefined || modulusLength < MIN_RSA_BITS) {
    throw new CredentialError('private_key', `must have at least ${MIN_RSA_BITS} bits, not ${modulusLength}`)
  }
}

/** @throws CredentialError when the private key is not on P-256 */
export async function checkApnsCredential(credential: ApnsCredential): Promise<void> {
  await importFor(credential.privateKey, 'ES256', 'the text of the .p8 file: a P-256 key in PEM (PKCS #8)')
}

/** @throws CredentialError when a key is malformed or the two are not a pair */
export async function checkWebPushCredential({ publicKey, privateKey }: WebPushCredential): Promise<void> {
  const point = decodeBase64Url(publicKey)
  if (point === null || !isP256Point(point)) {
    throw new CredentialError('public_key', 'must be an uncompressed point on P-256: 65 bytes in base64url')
  }
  if (decodeBase64Url(privateKey)?.length !== P256_SCALAR_BYTES) {
    throw new CredentialError('private_key', 'must be 32 bytes in base64url')
  }
  if (!(await isPair(point, privateKey))) {
    throw new CredentialError('private_key', 'does not belong to public_key')
  }
}

async function importFor(pem: string, algorithm: 'RS256' | 'ES256', wanted: string): Promise<CryptoKey> {
  try {
    return await importPrivateKey(pem, algorithm)
  } catch (cause) {
    throw new CredentialError('private_key', `must be ${wanted}`, cause)
  }
}

/** Signs with one and verifies with the other: engines differ in what they check when they import a key. */
async function isPair(point: Uint8Array, d: string): Promise<boolean> {
  const x = base64url.encode(point.subarray(1, 1 + COORDINATE_BYTES))
  const y = base64url.encode(point.subarray(1 + COORDINATE_BYTES))
  const curve = { kty: 'EC', crv: 'P-256', x, y } as const
  const how = { name: 'ECDSA', hash: 'SHA-256' }
  const message = new TextEncoder().encode('fanfare')
  try {
    const signature = await crypto.subtle.sign(how, await importJWK({ ...curve, d }, 'ES256'), message)
    return await crypto.subtle.verify(how, await importJWK(curve, 'ES256'), signature, message)
  } catch (error) {
    if (error instanceof DOMException) return false
    throw error
  }
}

/** Null for what is not base64url without padding. */
function decodeBase64Url(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return null
  try {
    return base64url.decode(text)
  } catch (error) {
    if (error instanceof TypeError) return null
    throw error
  }
}
