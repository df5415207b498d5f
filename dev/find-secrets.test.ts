import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { makeApiKey } from '../push/api-key.ts'
import { makeConfirmation } from '../push/confirmation.ts'
import { makeDeviceKey } from '../push/device-key.ts'
import { KEY_RANDOM_BYTES } from '../push/key-text.ts'
import { makeRootKey } from '../push/root-key.ts'
import { importLinkKey, makeUnsubscribeLink } from '../push/unsubscribe-link.ts'
import { WIDGET_SECRET } from '../test/attestation/siteverify.ts'
import { TEST_SECRETS } from '../test/secrets.ts'
import { findSecrets } from './find-secrets.ts'

const random = new Uint8Array(KEY_RANDOM_BYTES).map((_, index) => index)
const claim = { appId: `app_${'0'.repeat(29)}`, deviceId: `dev_${'1'.repeat(29)}`, generation: 0 }
const deviceKey = await makeDeviceKey('A'.repeat(43), claim)
const request = { appId: 'app_1', caller: 'key_1', bodyHash: 'hash' }
const { text: confirmation } = await makeConfirmation(
  TEST_SECRETS.CREDENTIALS_KEY,
  request,
  2_000_000,
  1_796_000_000_000,
)
const unsubscription = await makeUnsubscribeLink(await importLinkKey('A'.repeat(43)), {
  appId: `app_${'0'.repeat(29)}`,
  deviceId: `dev_${'1'.repeat(29)}`,
  notificationId: `ntf_${'2'.repeat(29)}`,
  topic: 'news',
  madeAt: 1_796_000_000_000,
})
const secretKey = makeApiKey(false, random)

/** PKCS #8 as it is without its header. */
function derOf({ privateKey }: { privateKey: KeyObject }): string {
  return privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')
}

describe('a secret in a line', () => {
  it.each([
    ['an API key', secretKey],
    ['an API key', makeApiKey(true, random)],
    ['a device key', deviceKey],
    ['a root key', makeRootKey(random)],
    ['a root key', `root_${'Ab1-'.repeat(8)}`],
    ['a signing secret of webhooks', `whsec_${'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'}`],
    ['a JWT', `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.${'c'.repeat(43)}`],
    ['an access token of Google', `ya29.c.${'b0Aa-_'.repeat(16)}`],
    ['a private key', '-----BEGIN EC PRIVATE KEY-----'],
    ['a private key', '-----BEGIN PRIVATE KEY-----'],
    ['a private JWK', `{"kty":"EC","d":"${'x'.repeat(43)}"}`],
    ['a private JWK', inspect({ kty: 'EC', d: 'x'.repeat(43) })],
    ['a private key in base64', derOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }))],
    ['a private key in base64', derOf(generateKeyPairSync('rsa', { modulusLength: 2048 }))],
    ['a private key of VAPID', `private_key: '${'Ab1-'.repeat(10)}xyz'`],
    ['a private key of VAPID', `"privateKey":"${'Ab1-'.repeat(10)}xyz"`],
    ['a secret of Turnstile', '0x4AAAAAAA0123456789-0123456789_abcde'],
    ['a secret of Turnstile', WIDGET_SECRET],
    ['a registration token of FCM', `cN1yb5mQT0e:APA91b${'F0d5-_'.repeat(22)}`],
    ['a device token of APNs', `https://api.push.apple.com/3/device/${'00fc13ad'.repeat(8)}`],
    ['an endpoint of Web Push', `https://fcm.googleapis.com/fcm/send/cN1yb5mQT0e:${'x'.repeat(40)}`],
    ['an endpoint of Web Push', `https://updates.push.services.mozilla.com/wpush/v2/${'gAAAAA'.repeat(9)}`],
    ['an endpoint of Web Push', `https://wns2-par02p.notify.windows.com/w/?token=${'BQYAAA%3d'.repeat(9)}`],
    ['a secret of a Web Push subscription', "auth: 'tBHItJI5svbpez7KI4CCXg'"],
    ['the confirmation of a send', confirmation],
    ['an unsubscribe link', `https://push.example.com/v1/unsubscribe?link=${unsubscription}`],
  ])('is %s, wherever it stands', (kind, secret) => {
    for (const line of [
      secret,
      `Authorization: Bearer ${secret}`,
      JSON.stringify({ cause: `Error: ${secret}\n at` }),
    ]) {
      expect(findSecrets(line)).toEqual([kind])
    }
  })

  it('may be one that only its owner knows', () => {
    expect(findSecrets(`denied: ${TEST_SECRETS.ROOT_KEY}`, TEST_SECRETS)).toEqual(['ROOT_KEY'])
    expect(findSecrets('nothing', { EMPTY: '' })).toEqual([])
  })

  it.each([
    'sk_test',
    `${secretKey.slice(0, -1)}!`,
    `sk_${'0'.repeat(38)}`,
    'dk_',
    'root_key_missing',
    'the root_…',
    'eyJhbGciOiJub25lIn0.e30.',
    '-----BEGIN PUBLIC KEY-----',
    inspect({ kty: 'EC', x: 'x'.repeat(43), y: 'y'.repeat(43) }),
    generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .publicKey.export({ type: 'spki', format: 'der' })
      .toString('base64'),
    `public_key: '${'Ab1-'.repeat(21)}xyz'`,
    'https://updates.push.services.mozilla.com/',
    '00fc13ad'.repeat(8),
    'app_1m82zjjphf7qp1t5k105j2nb84gf5',
  ])('is not %s', (line) => expect(findSecrets(line)).toEqual([]))
})
