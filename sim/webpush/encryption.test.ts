import { createCipheriv, createECDH, createHmac, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { decrypt, type EncryptedBody, readBody, type SubscriberKeys } from './encryption.ts'

const bytes = (base64url: string) => Buffer.from(base64url, 'base64url')

/** RFC 8291 Appendix A. */
const RFC_8291_BODY = bytes(
  'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
)
const RFC_8291_KEYS = keysOf('q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94', 'BTBZMqHH6r4Tts7J_aSIgg')

/** RFC 8188 §3.2: two records, and a key id of two characters. */
const RFC_8188_TWO_RECORDS = bytes(
  'uNCkWiNYzKTnBN9ji3-qWAAAABkCYTHOG8chz_gnvgOqdGYovxyjuqRyJFjEDyoF1Fvkj6hQPdPHI51OEUKEpgz3SsLWIqS_uA',
)

function keysOf(privateKey: string, authSecret: string): SubscriberKeys {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(bytes(privateKey))
  return { ecdh, publicKey: ecdh.getPublicKey(), authSecret: bytes(authSecret) }
}

function open(body: Buffer, keys = RFC_8291_KEYS): string | null {
  const reading = readBody(body)
  return reading.problem ?? decrypt(reading.body, keys)?.toString('utf8') ?? null
}

/** The vector with some bytes changed. */
function tampered(offset: number, ...changed: readonly number[]): Buffer {
  const copy = Buffer.from(RFC_8291_BODY)
  copy.set(changed, offset)
  return copy
}

/** A body whose padded plaintext is exactly `padded`, which no honest sender would make. */
function sealed(padded: Buffer): Buffer {
  const sender = createECDH('prime256v1')
  const senderKey = sender.generateKeys()
  const salt = randomBytes(16)
  const { publicKey, authSecret } = RFC_8291_KEYS
  const hmac = (key: Buffer, data: Buffer) => createHmac('sha256', key).update(data).digest()
  const secretKey = hmac(authSecret, sender.computeSecret(publicKey))
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), publicKey, senderKey, Buffer.from([1])])
  const pseudoRandomKey = hmac(salt, hmac(secretKey, info))
  const contentKey = hmac(pseudoRandomKey, Buffer.from('Content-Encoding: aes128gcm\0\x01')).subarray(0, 16)
  const nonce = hmac(pseudoRandomKey, Buffer.from('Content-Encoding: nonce\0\x01')).subarray(0, 12)
  const cipher = createCipheriv('aes-128-gcm', contentKey, nonce)
  const record = Buffer.concat([cipher.update(padded), cipher.final(), cipher.getAuthTag()])
  return Buffer.concat([salt, Buffer.from([0, 0, 16, 0, senderKey.length]), senderKey, record])
}

test('opens the message of RFC 8291 Appendix A', () => {
  expect(open(RFC_8291_BODY)).toBe('When I grow up, I want to be a watermelon')
})

test.each<[string, Buffer, string]>([
  ['two records (RFC 8188 §3.2)', RFC_8188_TWO_RECORDS, 'body_malformed'],
  ['a record size that holds nothing', tampered(16, 0, 0, 0, 17), 'body_malformed'],
  ['more than one record of the size it names', tampered(16, 0, 0, 0, 40), 'body_has_records'],
  ['a key id of another length', tampered(20, 64), 'body_malformed'],
  ['a compressed point', tampered(21, 2), 'body_malformed'],
  ['a body that ends after its header', RFC_8291_BODY.subarray(0, 86), 'body_malformed'],
  ['a body without a whole header', RFC_8291_BODY.subarray(0, 20), 'body_malformed'],
])('%s is not a Web Push body', (_, body, problem) => {
  expect(open(body)).toBe(problem)
})

test.each<[string, Buffer]>([
  ['a changed ciphertext', tampered(90, 0)],
  ["a sender's key that is not on the curve", tampered(40, 0)],
  ['plaintext without a delimiter', sealed(Buffer.alloc(4))],
  ['the delimiter of a record that is not the last', sealed(Buffer.from([104, 105, 1]))],
])('%s does not open', (_, body) => {
  expect(open(body)).toBeNull()
})

test('padding after the delimiter is taken off', () => {
  expect(open(sealed(Buffer.from([104, 105, 2, 0, 0, 0])))).toBe('hi')
})

test('the keys of another browser do not open it', () => {
  const { body } = readBody(RFC_8291_BODY)
  const other = keysOf('q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94', 'AAAAAAAAAAAAAAAAAAAAAA')
  expect(decrypt(body as EncryptedBody, other)).toBeNull()
})
