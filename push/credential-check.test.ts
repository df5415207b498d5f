import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ApnsCredential, FcmCredential, WebPushCredential } from './credential.ts'
import { checkApnsCredential, checkFcmCredential, checkWebPushCredential } from './credential-check.ts'
import { makeVapidKeys, type VapidKeys } from './providers/webpush/vapid.ts'

const pemOf = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string
const rsa = (modulusLength: number) => pemOf(generateKeyPairSync('rsa', { modulusLength }).privateKey)
const ec = (namedCurve: string) => pemOf(generateKeyPairSync('ec', { namedCurve }).privateKey)

const fcm = (privateKey: string): FcmCredential => ({
  platform: 'fcm',
  projectId: 'p',
  clientEmail: 'e',
  privateKeyId: null,
  privateKey,
})
const apns = (privateKey: string): ApnsCredential => ({
  platform: 'apns',
  teamId: 'T',
  keyId: 'K',
  bundleId: 'b',
  environment: 'sandbox',
  privateKey,
})
const webPush = (keys: VapidKeys): WebPushCredential => ({
  platform: 'webpush',
  subject: 'mailto:a@b.example',
  ...keys,
})

describe('an FCM credential', () => {
  const key = rsa(2048)

  it('is good with an RSA key, however its line breaks are written', async () => {
    await checkFcmCredential(fcm(key))
    await checkFcmCredential(fcm(key.replaceAll('\n', '\r\n')))
    await checkFcmCredential(fcm(key.replaceAll('\n', '\\n')))
  })

  it.each([
    ['text', 'not a key'],
    ['a P-256 key', ec('P-256')],
    ['an RSA key that is too short', rsa(1024)],
    ['a key cut in the middle', key.slice(0, 400)],
  ])('is not good with %s', async (_what, privateKey) => {
    await expect(checkFcmCredential(fcm(privateKey))).rejects.toMatchObject({
      name: 'CredentialError',
      field: 'private_key',
    })
  })
})

describe('an APNs credential', () => {
  it('is good with a P-256 key', async () => {
    await checkApnsCredential(apns(ec('P-256')))
  })

  it.each([
    ['text', 'not a key'],
    ['an RSA key', rsa(2048)],
    ['a key on another curve', ec('P-384')],
  ])('is not good with %s', async (_what, privateKey) => {
    await expect(checkApnsCredential(apns(privateKey))).rejects.toMatchObject({
      name: 'CredentialError',
      field: 'private_key',
    })
  })
})

describe('a Web Push credential', () => {
  let keys: VapidKeys
  let other: VapidKeys
  beforeAll(async () => {
    ;[keys, other] = [await makeVapidKeys(), await makeVapidKeys()]
  })

  it('is good with a pair', async () => {
    await checkWebPushCredential(webPush(keys))
  })

  it.each([
    ['two keys that are not a pair', () => ({ ...keys, privateKey: other.privateKey }), 'private_key'],
    ['the keys exchanged', () => ({ publicKey: keys.privateKey, privateKey: keys.publicKey }), 'public_key'],
    ['a point that is not on the curve', () => ({ ...keys, publicKey: `B${'A'.repeat(86)}` }), 'public_key'],
    ['a public key in standard base64', () => ({ ...keys, publicKey: '+/=' }), 'public_key'],
    ['a private key of 31 bytes', () => ({ ...keys, privateKey: 'A'.repeat(41) }), 'private_key'],
    ['a private key of nothing but zeros', () => ({ ...keys, privateKey: 'A'.repeat(43) }), 'private_key'],
    ['an empty private key', () => ({ ...keys, privateKey: '' }), 'private_key'],
  ])('is not good with %s', async (_what, made, field) => {
    await expect(checkWebPushCredential(webPush(made()))).rejects.toMatchObject({ name: 'CredentialError', field })
  })
})
