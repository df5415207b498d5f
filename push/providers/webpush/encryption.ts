/**
 * Message encryption for Web Push (RFC 8291) over the content coding aes128gcm (RFC 8188), on WebCrypto alone.
 * No state: a fresh key pair and a fresh salt per message are what keeps it secure (RFC 8291 §3.1, RFC 8188 §2.1).
 *
 * Nine calls of crypto.subtle, awaited one after the other, were the fastest way measured in workerd (150 µs a
 * message): most of the time goes into two multiplications on the curve, and neither HMAC in JavaScript nor overlapping
 * the calls makes up for what it costs.
 */

/** What the browser made for its subscription (RFC 8291 §2). */
export interface SubscriptionKeys {
  /** `p256dh`: the user agent's public key, an uncompressed point of 65 bytes. */
  readonly publicKey: Uint8Array<ArrayBuffer>
  /** `auth`: 16 bytes. */
  readonly authSecret: Uint8Array<ArrayBuffer>
}

/** Where the key pair and the salt of a message come from. Tests bring those of the RFCs. */
export interface Entropy {
  /** An ECDH key pair on P-256 whose private key may be used for `deriveKey`. */
  readonly makeKeyPair: () => Promise<CryptoKeyPair>
  /** {@link SALT_BYTES} bytes. */
  readonly makeSalt: () => Uint8Array<ArrayBuffer>
}

/** A push service need not take a body of more than 4,096 bytes (RFC 8030 §7.2). */
const MAX_BODY_BYTES = 4096
/** The record size is that of the largest body, so that there is one record, as RFC 8291 §4 demands. */
const RECORD_SIZE_BYTES = 4096
const SALT_BYTES = 16
const PUBLIC_KEY_BYTES = 65
/** Salt, record size, length of the key id (RFC 8188 §2.1). */
const FIXED_HEADER_BYTES = SALT_BYTES + 4 + 1
const DELIMITER_BYTES = 1
/** Of AES-128-GCM, at the end of the ciphertext. */
const AUTHENTICATION_TAG_BYTES = 16
const NONCE_BITS = 96
const IKM_BITS = 256

/** The most plaintext that fits: 3,993 bytes (RFC 8291 §4). */
export const MAX_PLAINTEXT_BYTES =
  MAX_BODY_BYTES - FIXED_HEADER_BYTES - PUBLIC_KEY_BYTES - DELIMITER_BYTES - AUTHENTICATION_TAG_BYTES

const P256 = { name: 'ECDH', namedCurve: 'P-256' }
const HKDF = { name: 'HKDF', hash: 'SHA-256' }
const CONTENT_KEY = { name: 'AES-GCM', length: 128 }
/** Marks the last record (RFC 8188 §2). */
const LAST_RECORD_DELIMITER = 2

const encoder = new TextEncoder()
const KEY_INFO_PREFIX = encoder.encode('WebPush: info\0')
const CONTENT_KEY_INFO = encoder.encode('Content-Encoding: aes128gcm\0')
const NONCE_INFO = encoder.encode('Content-Encoding: nonce\0')

/** What is used everywhere but in the tests of the vectors. */
export const FRESH_ENTROPY: Entropy = {
  makeKeyPair: async () => (await crypto.subtle.generateKey(P256, false, ['deriveKey'])) as CryptoKeyPair,
  makeSalt: () => crypto.getRandomValues(new Uint8Array(SALT_BYTES)),
}

/**
 * Encrypts a message for one subscription and gives the body of the push.
 *
 * @throws RangeError when the plaintext is longer than {@link MAX_PLAINTEXT_BYTES}
 * @throws DOMException when the subscription's public key is not a point on P-256
 */
export async function encryptPush(
  plaintext: Uint8Array,
  keys: SubscriptionKeys,
  entropy: Entropy = FRESH_ENTROPY,
): Promise<Uint8Array<ArrayBuffer>> {
  if (plaintext.length > MAX_PLAINTEXT_BYTES) {
    throw new RangeError(`A Web Push carries at most ${MAX_PLAINTEXT_BYTES} bytes, not ${plaintext.length}.`)
  }
  const keyPair = await entropy.makeKeyPair()
  const ownPublicKey = new Uint8Array((await crypto.subtle.exportKey('raw', keyPair.publicKey)) as ArrayBuffer)
  const ikm = await agreeOnInput(keys, keyPair.privateKey, ownPublicKey)
  return sealRecord(plaintext, ikm, entropy.makeSalt(), ownPublicKey)
}

/** The input keying material that both sides can compute (RFC 8291 §3.3 and §3.4). */
async function agreeOnInput(
  { publicKey, authSecret }: SubscriptionKeys,
  ownPrivateKey: CryptoKey,
  ownPublicKey: Uint8Array<ArrayBuffer>,
): Promise<ArrayBuffer> {
  const theirs = await crypto.subtle.importKey('raw', publicKey, P256, false, [])
  const agreement = { name: 'ECDH', public: theirs }
  const sharedSecret = await crypto.subtle.deriveKey(agreement, ownPrivateKey, HKDF, false, ['deriveBits'])
  const info = concatenate(KEY_INFO_PREFIX, publicKey, ownPublicKey)
  return crypto.subtle.deriveBits({ ...HKDF, salt: authSecret, info }, sharedSecret, IKM_BITS)
}

/**
 * One record of aes128gcm with its header (RFC 8188 §2): salt, record size, key id, ciphertext.
 *
 * @param ikm input keying material
 * @param keyId at most 255 bytes; for Web Push the sender's public key (RFC 8291 §4)
 */
export async function sealRecord(
  plaintext: Uint8Array,
  ikm: BufferSource,
  salt: Uint8Array<ArrayBuffer>,
  keyId: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const material = await crypto.subtle.importKey('raw', ikm, 'HKDF', false, ['deriveBits', 'deriveKey'])
  const contentKey = await crypto.subtle.deriveKey(
    { ...HKDF, salt, info: CONTENT_KEY_INFO },
    material,
    CONTENT_KEY,
    false,
    ['encrypt'],
  )
  // The sequence number of the first record is zero, so the nonce is used as it is derived (RFC 8188 §2.3).
  const nonce = await crypto.subtle.deriveBits({ ...HKDF, salt, info: NONCE_INFO }, material, NONCE_BITS)
  const delimited = new Uint8Array(plaintext.length + DELIMITER_BYTES)
  delimited.set(plaintext)
  delimited[plaintext.length] = LAST_RECORD_DELIMITER
  const ciphertext = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, contentKey, delimited)
  return concatenate(headerOf(salt, keyId), keyId, new Uint8Array(ciphertext))
}

function headerOf(salt: Uint8Array, keyId: Uint8Array): Uint8Array {
  const header = new Uint8Array(FIXED_HEADER_BYTES)
  header.set(salt)
  new DataView(header.buffer).setUint32(SALT_BYTES, RECORD_SIZE_BYTES)
  header[SALT_BYTES + 4] = keyId.length
  return header
}

function concatenate(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}
