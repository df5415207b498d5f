import { describe, expect, it } from 'vitest'
import { makeApiKey } from '../push/api-key.ts'
import { makeDeviceKey } from '../push/device-key.ts'
import { KEY_RANDOM_BYTES } from '../push/key-text.ts'
import { makeRootKey } from '../push/root-key.ts'
import { TEST_SECRETS } from '../test/secrets.ts'
import { findSecrets } from './find-secrets.ts'

const random = new Uint8Array(KEY_RANDOM_BYTES).map((_, index) => index)
const claim = { appId: `app_${'0'.repeat(29)}`, deviceId: `dev_${'1'.repeat(29)}`, generation: 0 }
const deviceKey = await makeDeviceKey('A'.repeat(43), claim)
const secretKey = makeApiKey(false, random)

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
    'app_1m82zjjphf7qp1t5k105j2nb84gf5',
  ])('is not %s', (line) => expect(findSecrets(line)).toEqual([]))
})
