import { createECDH } from 'node:crypto'
import { base64url, importJWK, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import webPush from 'web-push'
import { makeVapidKeys, mintVapidToken, VAPID_LIFETIME_SECONDS, vapidAuthorization } from './vapid.ts'

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0, 999)
const ORIGIN = 'https://push.example.net'
const SUBJECT = 'mailto:push@example.com'

/** RFC 8292 §2.4. */
const RFC_8292 = {
  token:
    'eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA',
  publicKey: 'BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs',
}

/** As a push service does it: the key out of the header, the audience its own. */
async function verify(token: string, publicKey: string, now: number) {
  const point = base64url.decode(publicKey)
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: base64url.encode(point.subarray(1, 33)),
    y: base64url.encode(point.subarray(33)),
  }
  return jwtVerify(token, await importJWK(jwk, 'ES256'), { currentDate: new Date(now), audience: ORIGIN })
}

describe('VAPID', () => {
  test('a token says what that of RFC 8292 §2.4 says, and verifies as it does', async () => {
    const theirs = await verify(RFC_8292.token, RFC_8292.publicKey, 1_453_500_000_000)
    const keys = await makeVapidKeys()
    const ours = await verify(await mintVapidToken({ ...keys, subject: SUBJECT }, ORIGIN, NOW), keys.publicKey, NOW)
    expect(ours.protectedHeader).toEqual(theirs.protectedHeader)
    expect(Object.keys(ours.payload)).toEqual(Object.keys(theirs.payload))
    expect(ours.payload).toMatchObject({ aud: theirs.payload.aud, sub: theirs.payload.sub })
  })

  test('a token lives half of the 24 hours that a service allows', async () => {
    const keys = await makeVapidKeys()
    const { payload } = await verify(
      await mintVapidToken({ ...keys, subject: SUBJECT }, ORIGIN, NOW),
      keys.publicKey,
      NOW,
    )
    expect(payload.exp).toBe(Math.floor(NOW / 1000) + VAPID_LIFETIME_SECONDS)
    expect(VAPID_LIFETIME_SECONDS).toBe(12 * 3600)
  })

  test('the authorization has the form of RFC 8292 §3', () => {
    expect(vapidAuthorization('a.b.c', 'BA1H')).toBe('vapid t=a.b.c, k=BA1H')
  })

  test('keys that web-push made work', async () => {
    const keys = webPush.generateVAPIDKeys()
    const token = await mintVapidToken({ ...keys, subject: SUBJECT }, ORIGIN, NOW)
    await expect(verify(token, keys.publicKey, NOW)).resolves.toBeDefined()
  })

  test('new keys are a pair: a point of 65 bytes and a scalar of 32', async () => {
    const { publicKey, privateKey } = await makeVapidKeys()
    const pair = createECDH('prime256v1')
    pair.setPrivateKey(Buffer.from(privateKey, 'base64url'))
    expect(pair.getPublicKey('base64url')).toBe(publicKey)
    expect(base64url.decode(publicKey).length).toBe(65)
    expect(base64url.decode(privateKey).length).toBe(32)
  })

  test.each([
    ['a public key that is cut short', { publicKey: 'BA1H' }],
    ['a public key that is not on the curve', { publicKey: `BA${'A'.repeat(85)}` }],
    ['a private key that is cut short', { privateKey: 'AAAA' }],
  ])('%s is refused', async (_, wrong) => {
    const identity = { ...(await makeVapidKeys()), ...wrong, subject: SUBJECT }
    await expect(mintVapidToken(identity, ORIGIN, NOW)).rejects.toThrow()
  })
})
