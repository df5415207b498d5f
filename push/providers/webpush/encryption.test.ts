import { createECDH, randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { base64url } from 'jose'
import { describe, expect, test } from 'vitest'
import { encryptPush, MAX_PLAINTEXT_BYTES, sealRecord } from './encryption.ts'

/** The content coding by the authors of RFC 8188, which web-push builds on. */
const httpEce: {
  decrypt(
    body: Buffer,
    options: { version: 'aes128gcm'; privateKey?: object; authSecret?: string; key?: string },
  ): Buffer
} = createRequire(import.meta.url)('http_ece')

const bytes = (text: string) => new Uint8Array(base64url.decode(text))
const utf8 = (text: string) => new TextEncoder().encode(text)

/** RFC 8291 Appendix A. */
const RFC_8291 = {
  plaintext: 'When I grow up, I want to be a watermelon',
  ownPublicKey: 'BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8',
  ownPrivateKey: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
  browserPublicKey: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  salt: 'DGv6ra1nlYgDCS1FRnbzlw',
  authSecret: 'BTBZMqHH6r4Tts7J_aSIgg',
  body: 'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
}

/** A key pair of a vector, as WebCrypto takes it. */
async function importKeyPair(publicKey: string, privateKey: string): Promise<CryptoKeyPair> {
  const point = base64url.decode(publicKey)
  const coordinates = { x: base64url.encode(point.subarray(1, 33)), y: base64url.encode(point.subarray(33)) }
  const jwk = { kty: 'EC', crv: 'P-256', ...coordinates }
  const p256 = { name: 'ECDH', namedCurve: 'P-256' }
  return {
    publicKey: await crypto.subtle.importKey('jwk', jwk, p256, true, []),
    privateKey: await crypto.subtle.importKey('jwk', { ...jwk, d: privateKey }, p256, false, ['deriveKey']),
  }
}

/** What a browser makes when it subscribes. */
function makeBrowser() {
  const privateKey = createECDH('prime256v1')
  const publicKey = new Uint8Array(privateKey.generateKeys())
  const authSecret = new Uint8Array(randomBytes(16))
  const options = { version: 'aes128gcm', privateKey, authSecret: base64url.encode(authSecret) } as const
  return { keys: { publicKey, authSecret }, decrypt: (body: Uint8Array) => httpEce.decrypt(Buffer.from(body), options) }
}

describe('the vectors of the RFCs', () => {
  test('RFC 8291 Appendix A, byte for byte', async () => {
    const { plaintext, browserPublicKey, authSecret, ownPublicKey, ownPrivateKey, salt, body } = RFC_8291
    const keys = { publicKey: bytes(browserPublicKey), authSecret: bytes(authSecret) }
    const encrypted = await encryptPush(utf8(plaintext), keys, {
      makeKeyPair: () => importKeyPair(ownPublicKey, ownPrivateKey),
      makeSalt: () => bytes(salt),
    })
    expect(base64url.encode(encrypted)).toBe(body)
  })

  test('RFC 8188 §3.1, byte for byte', async () => {
    const salt = bytes('I1BsxtFttlv3u_Oo94xnmw')
    const sealed = await sealRecord(utf8('I am the walrus'), bytes('yqdlZ-tYemfogSmv7Ws5PQ'), salt, new Uint8Array())
    expect(base64url.encode(sealed)).toBe('I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg')
  })
})

describe('encryptPush', () => {
  test('the most plaintext makes the largest body that a push service must take', async () => {
    const { keys, decrypt } = makeBrowser()
    expect(MAX_PLAINTEXT_BYTES).toBe(3993)
    const plaintext = new Uint8Array(randomBytes(MAX_PLAINTEXT_BYTES))
    const body = await encryptPush(plaintext, keys)
    expect(body.length).toBe(4096)
    expect(decrypt(body)).toEqual(Buffer.from(plaintext))
  })

  test('one byte more is refused', async () => {
    const { keys } = makeBrowser()
    await expect(encryptPush(new Uint8Array(MAX_PLAINTEXT_BYTES + 1), keys)).rejects.toThrow(RangeError)
  })

  test('browsers read every size', async () => {
    const { keys, decrypt } = makeBrowser()
    const sizes = [
      0,
      1,
      15,
      16,
      17,
      ...Array.from({ length: 200 }, () => Math.floor(Math.random() * MAX_PLAINTEXT_BYTES)),
    ]
    for (const size of sizes) {
      const plaintext = new Uint8Array(randomBytes(size))
      expect(decrypt(await encryptPush(plaintext, keys))).toEqual(Buffer.from(plaintext))
    }
  })

  test('no two messages share a salt or a key', async () => {
    const { keys } = makeBrowser()
    const bodies = await Promise.all(Array.from({ length: 50 }, () => encryptPush(utf8('same'), keys)))
    const distinct = (from: number, to: number) =>
      new Set(bodies.map((body) => base64url.encode(body.slice(from, to)))).size
    expect(distinct(0, 16)).toBe(50)
    expect(distinct(21, 86)).toBe(50)
  })

  test('a public key that is not on the curve is refused', async () => {
    const { keys } = makeBrowser()
    const publicKey = keys.publicKey.slice()
    publicKey[64]! ^= 1
    await expect(encryptPush(utf8('x'), { ...keys, publicKey })).rejects.toThrow()
  })

  test('another browser cannot read it', async () => {
    const body = await encryptPush(utf8('secret'), makeBrowser().keys)
    expect(() => makeBrowser().decrypt(body)).toThrow()
  })
})
