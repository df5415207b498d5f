/**
 * Opening an encrypted Web Push as the browser would. Pure: bytes and keys in, plaintext or a problem out.
 *
 * Source: RFC 8188 (aes128gcm), RFC 8291 (keys for Web Push). A real push service never sees the plaintext; the
 * simulator made the subscription's keys, so it can say at once what a browser would drop in silence.
 */
import { createDecipheriv, type ECDH, hkdfSync } from 'node:crypto'
import type { Problem } from './problems.ts'

/** What the subscriber keeps to itself. */
export interface SubscriberKeys {
  /** Holds the P-256 private key. */
  readonly ecdh: ECDH
  /** Uncompressed P-256 point, {@link POINT_BYTES} long. */
  readonly publicKey: Buffer
  /** 16 bytes. */
  readonly authSecret: Buffer
}

/** The pieces of a body, before anything is decrypted. */
export interface EncryptedBody {
  readonly salt: Buffer
  /** The sender's one-time public key. */
  readonly senderKey: Buffer
  /** The only record, tag included. */
  readonly record: Buffer
}

export type BodyReading =
  | { readonly body: EncryptedBody; readonly problem: null }
  | { readonly body: null; readonly problem: Problem }

/** An uncompressed P-256 point: 0x04, x, y. */
export const POINT_BYTES = 65
const UNCOMPRESSED = 4

const SALT_BYTES = 16
const RECORD_SIZE_OFFSET = SALT_BYTES
const KEY_ID_LENGTH_OFFSET = RECORD_SIZE_OFFSET + 4
const KEY_ID_OFFSET = KEY_ID_LENGTH_OFFSET + 1
const RECORD_OFFSET = KEY_ID_OFFSET + POINT_BYTES

const TAG_BYTES = 16
/** RFC 8188 §2: smaller ones are invalid, as they could hold nothing but tag and delimiter. */
const MIN_RECORD_SIZE = TAG_BYTES + 2
/** RFC 8188 §2: closes the last record; in Web Push the only one. */
const LAST_RECORD_DELIMITER = 2

const INPUT_KEY_BYTES = 32
const CONTENT_KEY_BYTES = 16
const NONCE_BYTES = 12
const KEY_INFO = Buffer.from('WebPush: info\0', 'ascii')
const CONTENT_KEY_INFO = Buffer.from('Content-Encoding: aes128gcm\0', 'ascii')
const NONCE_INFO = Buffer.from('Content-Encoding: nonce\0', 'ascii')

/** Takes a body apart. RFC 8291 §4: one record, and the key id is the sender's public key. */
export function readBody(bytes: Buffer): BodyReading {
  const isWhole = bytes.length > RECORD_OFFSET + TAG_BYTES
  if (!isWhole || bytes[KEY_ID_LENGTH_OFFSET] !== POINT_BYTES || bytes[KEY_ID_OFFSET] !== UNCOMPRESSED) {
    return refuse('body_malformed')
  }
  const recordSize = bytes.readUInt32BE(RECORD_SIZE_OFFSET)
  if (recordSize < MIN_RECORD_SIZE) return refuse('body_malformed')
  const record = bytes.subarray(RECORD_OFFSET)
  if (record.length > recordSize) return refuse('body_has_records')
  const salt = bytes.subarray(0, SALT_BYTES)
  return { body: { salt, senderKey: bytes.subarray(KEY_ID_OFFSET, RECORD_OFFSET), record }, problem: null }
}

function refuse(problem: Problem): BodyReading {
  return { body: null, problem }
}

/** The plaintext, or null when these keys do not open the body or its padding is not RFC 8188's. */
export function decrypt(body: EncryptedBody, keys: SubscriberKeys): Buffer | null {
  const padded = open(body, keys)
  if (padded === null) return null
  let end = padded.length - 1
  while (end >= 0 && padded[end] === 0) end -= 1
  return padded[end] === LAST_RECORD_DELIMITER ? padded.subarray(0, end) : null
}

/** Null for a sender's key that is not on the curve and for a tag that does not fit: OpenSSL throws at both. */
function open(body: EncryptedBody, keys: SubscriberKeys): Buffer | null {
  try {
    const { contentKey, nonce } = deriveKeys(body, keys)
    const decipher = createDecipheriv('aes-128-gcm', contentKey, nonce)
    decipher.setAuthTag(body.record.subarray(-TAG_BYTES))
    const padded = decipher.update(body.record.subarray(0, -TAG_BYTES))
    decipher.final()
    return padded
  } catch {
    return null
  }
}

/** RFC 8291 §3.4: HKDF over the shared secret and the auth secret, then RFC 8188 §2.2 and §2.3 over that. */
function deriveKeys(body: EncryptedBody, keys: SubscriberKeys): { contentKey: Uint8Array; nonce: Uint8Array } {
  const sharedSecret = keys.ecdh.computeSecret(body.senderKey)
  const info = Buffer.concat([KEY_INFO, keys.publicKey, body.senderKey])
  const inputKey = hkdf(sharedSecret, keys.authSecret, info, INPUT_KEY_BYTES)
  return {
    contentKey: hkdf(inputKey, body.salt, CONTENT_KEY_INFO, CONTENT_KEY_BYTES),
    nonce: hkdf(inputKey, body.salt, NONCE_INFO, NONCE_BYTES),
  }
}

function hkdf(inputKey: Uint8Array, salt: Uint8Array, info: Uint8Array, bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', inputKey, salt, info, bytes))
}
