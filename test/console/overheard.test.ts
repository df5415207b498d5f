/** That a secret on the console fails the test that ran, on Node and inside workerd, also where the console is mute. */
import { exportJWK, exportPKCS8, generateKeyPair } from 'jose'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { makeApiKey } from '../../push/api-key.ts'
import { KEY_RANDOM_BYTES } from '../../push/key-text.ts'
import { TEST_SECRETS } from '../secrets.ts'
import { rememberBody } from './canaries.ts'
import { muteConsole, takeOverheard } from './overheard.ts'

const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const
const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
const jwk = await exportJWK(privateKey)
const pkcs8 = (await exportPKCS8(privateKey)).split('\n').slice(1, -1).join('')
const macSecret = crypto.getRandomValues(new Uint8Array(32))
await crypto.subtle.importKey('raw', macSecret, HMAC, false, ['sign'])
const macText = btoa(String.fromCharCode(...macSecret))
const apnsToken = '5ec2e7'.padEnd(64, '0')
const body = {
  token: apnsToken,
  endpoint: 'https://push.example.com/of-one-browser',
  auth: 'auth-of-a-subscription',
  attestation: 'the-word-of-a-client',
  confirmation: 'you-may-send-this',
  title: 'Your test is positive',
  devices: [{ platform: 'fcm', token: 'one-of-many-tokens' }],
  url: 'https://hooks.example.com/services/only-we-know',
}
rememberBody(body)
rememberBody({ type: '/docs#error-internal', title: 'Internal error', status: 500, request_id: 'req_0' })
rememberBody('{"token":"first-of-an-import"}\n{"token":"second-of-an-import"}\n')

/** What is logged, and as what it is found. */
const LOGGED: readonly (readonly [string, readonly unknown[]])[] = [
  ['an API key', ['refused', { bearer: makeApiKey(false, new Uint8Array(KEY_RANDOM_BYTES).fill(7)) }]],
  ['ROOT_KEY', [{ env: TEST_SECRETS }]],
  ['a private JWK', [jwk]],
  ['a private JWK', [{ a: { b: { c: { d: { e: jwk } } } } }]],
  ['a key that WebCrypto had', [`private half ${jwk.d}`]],
  ['a private key in base64', [{ der: pkcs8 }]],
  ['a key that WebCrypto had', [new Error('no signature', { cause: `with ${macText}` })]],
  ['a device token', ['not retired', { devices: [{ address: apnsToken }] }]],
  ['a device token', [new Map([['next', 'one-of-many-tokens']])]],
  ['a device token', ['second-of-an-import']],
  ['an endpoint of Web Push', [body.endpoint]],
  ['a secret of a Web Push subscription', [body.auth]],
  ['the word of a client for its attestation', [body.attestation]],
  ['the confirmation of a send', [body.confirmation]],
  ['the text of a message', [`${body.title}!`]],
  ['the path of a URL', ['no answer', { url: body.url }]],
]

afterEach(() => void vi.restoreAllMocks())

describe('a log under a mute', () => {
  it.each(LOGGED)('that has %s is told, with its place and not with what it was', (kind, words) => {
    muteConsole('warn')
    console.warn(...words)
    const [told, ...others] = takeOverheard()
    expect(others).toEqual([])
    expect(told).toMatchObject({ method: 'warn', at: expect.stringContaining('overheard.test.ts') })
    expect(told!.kinds).toContain(kind)
    expect(JSON.stringify(told)).not.toContain(jwk.d)
  })

  it('without a secret is not', async () => {
    const log = muteConsole('error')
    console.error('a webhook gave no answer', {
      error: 'Internal error',
      host: new URL(body.url).host,
      key: await exportJWK(publicKey),
    })
    expect(takeOverheard()).toEqual([])
    expect(log).toHaveBeenCalledOnce()
  })
})

it.fails.each(LOGGED)('a test that logs %s under a mute fails', (_, words) => {
  muteConsole('error')
  console.error(...words)
})

it.fails('so does one that mutes nothing', () => console.debug('%s', { [apnsToken]: true }))
