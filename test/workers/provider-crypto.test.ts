/**
 * The providers' cryptography on the engine that signs and encrypts in production: workerd's WebCrypto differs from
 * Node's in what it takes and checks.
 */
import { base64url, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { mintProviderToken } from '../../push/providers/apns/provider-token.ts'
import { buildAssertion } from '../../push/providers/fcm/access-token.ts'
import { encryptPush, FRESH_ENTROPY, MAX_PLAINTEXT_BYTES } from '../../push/providers/webpush/encryption.ts'
import { makeVapidKeys, mintVapidToken } from '../../push/providers/webpush/vapid.ts'

const NOW = Date.UTC(2026, 10, 22)
const P256 = { name: 'ECDH', namedCurve: 'P-256' }
const bytes = (text: string) => new Uint8Array(base64url.decode(text))

function jwkOf(publicKey: string) {
  const point = base64url.decode(publicKey)
  return {
    kty: 'EC',
    crv: 'P-256',
    x: base64url.encode(point.subarray(1, 33)),
    y: base64url.encode(point.subarray(33)),
  }
}

/** PEM of a private key, as a vendor hands it out. */
async function pemOf(key: CryptoKey): Promise<string> {
  const der = new Uint8Array((await crypto.subtle.exportKey('pkcs8', key)) as ArrayBuffer)
  return `-----BEGIN PRIVATE KEY-----\n${btoa(String.fromCharCode(...der))}\n-----END PRIVATE KEY-----\n`
}

describe('Web Push encryption', () => {
  test('RFC 8291 Appendix A, byte for byte', async () => {
    const ownPublicKey = 'BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8'
    const jwk = jwkOf(ownPublicKey)
    const d = 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw'
    const keys = {
      publicKey: bytes('BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'),
      authSecret: bytes('BTBZMqHH6r4Tts7J_aSIgg'),
    }
    const body = await encryptPush(new TextEncoder().encode('When I grow up, I want to be a watermelon'), keys, {
      makeKeyPair: async () => ({
        publicKey: await crypto.subtle.importKey('jwk', jwk, P256, true, []),
        privateKey: await crypto.subtle.importKey('jwk', { ...jwk, d }, P256, false, ['deriveKey']),
      }),
      makeSalt: () => bytes('DGv6ra1nlYgDCS1FRnbzlw'),
    })
    expect(base64url.encode(body)).toBe(
      'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
    )
  })

  test('the largest message has 4,096 bytes', async () => {
    const browser = await FRESH_ENTROPY.makeKeyPair()
    const publicKey = new Uint8Array((await crypto.subtle.exportKey('raw', browser.publicKey)) as ArrayBuffer)
    const keys = { publicKey, authSecret: FRESH_ENTROPY.makeSalt() }
    expect((await encryptPush(new Uint8Array(MAX_PLAINTEXT_BYTES), keys)).length).toBe(4096)
  })

  test('a public key that is not on the curve is refused', async () => {
    const publicKey = new Uint8Array(65).fill(4)
    await expect(encryptPush(new Uint8Array(1), { publicKey, authSecret: new Uint8Array(16) })).rejects.toThrow()
  })
})

describe('provider tokens', () => {
  test('APNs: signed with the .p8 key', async () => {
    const how = { name: 'ECDSA', namedCurve: 'P-256' }
    const pair = (await crypto.subtle.generateKey(how, true, ['sign', 'verify'])) as CryptoKeyPair
    const key = { teamId: 'TEAM123456', keyId: 'KEY1234567', privateKey: await pemOf(pair.privateKey) }
    const { payload } = await jwtVerify(await mintProviderToken(key, NOW), pair.publicKey)
    expect(payload).toEqual({ iss: 'TEAM123456', iat: NOW / 1000 })
  })

  test('FCM: signed with the RSA key of the service account', async () => {
    const how = {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    }
    const pair = (await crypto.subtle.generateKey(how, true, ['sign', 'verify'])) as CryptoKeyPair
    const account = { clientEmail: 'a@b.iam.gserviceaccount.com', privateKey: await pemOf(pair.privateKey) }
    const assertion = await buildAssertion(account, NOW)
    const { payload } = await jwtVerify(assertion, pair.publicKey, { currentDate: new Date(NOW) })
    expect(payload.iss).toBe('a@b.iam.gserviceaccount.com')
  })

  test('VAPID: signed with keys that were made here', async () => {
    const keys = await makeVapidKeys()
    const token = await mintVapidToken({ ...keys, subject: 'mailto:a@example.com' }, 'https://push.example.net', NOW)
    const publicKey = await crypto.subtle.importKey(
      'jwk',
      jwkOf(keys.publicKey),
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['verify'],
    )
    const { payload } = await jwtVerify(token, publicKey, { currentDate: new Date(NOW) })
    expect(payload.aud).toBe('https://push.example.net')
  })
})
