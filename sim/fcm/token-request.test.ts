import { Buffer } from 'node:buffer'
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ServiceAccounts } from './service-accounts.ts'
import { judgeTokenRequest, TOKEN_AUDIENCE } from './token-request.ts'

const NOW = Date.UTC(2026, 10, 22)
const NOW_SECONDS = NOW / 1000
const EMAIL = 'sender@demo.iam.gserviceaccount.com'
const MESSAGING = 'https://www.googleapis.com/auth/firebase.messaging'
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

const ours = generateKeyPairSync('rsa', { modulusLength: 2048 })
const second = generateKeyPairSync('rsa', { modulusLength: 2048 })
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 })
const accounts = new ServiceAccounts()
accounts.addKey('demo', EMAIL, 'key-1', ours.publicKey)
accounts.addKey('demo', EMAIL, 'key-2', second.publicKey)

interface Assertion {
  readonly header?: Record<string, unknown>
  readonly claims?: Record<string, unknown>
  readonly key?: KeyObject
}

function assertion({ header = {}, claims = {}, key = ours.privateKey }: Assertion = {}): string {
  const all = {
    iss: EMAIL,
    scope: MESSAGING,
    aud: TOKEN_AUDIENCE,
    iat: NOW_SECONDS,
    exp: NOW_SECONDS + 3600,
    ...claims,
  }
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${encode({ alg: 'RS256', ...header })}.${encode(all)}`
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`
}

function judge(jws: string, grantType = GRANT) {
  return judgeTokenRequest(new URLSearchParams({ grant_type: grantType, assertion: jws }), accounts, NOW)
}

describe('an assertion that Google takes', () => {
  it.each([
    { name: 'has a header of alg alone', how: {} },
    { name: 'has typ and kid', how: { header: { typ: 'JWT', kid: 'key-1' } } },
    { name: 'is signed by the second key of the account', how: { key: second.privateKey } },
    { name: 'is short-lived', how: { claims: { exp: NOW_SECONDS + 60 } } },
    { name: 'comes from a clock a little ahead', how: { claims: { iat: NOW_SECONDS + 60 } } },
    { name: 'was made a while ago', how: { claims: { iat: NOW_SECONDS - 3000, exp: NOW_SECONDS + 600 } } },
    { name: 'has the scopes of firebase-admin', how: { claims: { scope: `${MESSAGING} ${MESSAGING}.x` } } },
  ])('$name', async ({ how }) => {
    const verdict = await judge(assertion(how))
    expect(verdict).toMatchObject({ ok: true, account: { projectId: 'demo' } })
    expect(verdict.ok && verdict.scopes.has(MESSAGING)).toBe(true)
  })
})

describe('an assertion that Google refuses', () => {
  const signature = 'Invalid JWT Signature.'
  const time = 'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.'
  it.each([
    { name: 'by a key of nobody', how: { key: foreign.privateKey }, error: 'invalid_grant', text: signature },
    { name: 'with another algorithm', how: { header: { alg: 'RS512' } }, error: 'invalid_grant', text: signature },
    { name: 'without an algorithm', how: { header: { alg: 'none' } }, error: 'invalid_grant', text: signature },
    {
      name: 'of an unknown account',
      how: { claims: { iss: 'x@y' } },
      error: 'invalid_grant',
      text: 'account not found',
    },
    {
      name: 'for another audience',
      how: { claims: { aud: 'http://127.0.0.1/token' } },
      error: 'invalid_grant',
      text: 'audience',
    },
    { name: 'for more than an hour', how: { claims: { exp: NOW_SECONDS + 3601 } }, error: 'invalid_grant', text: time },
    {
      name: 'that has expired',
      how: { claims: { iat: NOW_SECONDS - 3600, exp: NOW_SECONDS } },
      error: 'invalid_grant',
      text: time,
    },
    {
      name: 'from the future',
      how: { claims: { iat: NOW_SECONDS + 600, exp: NOW_SECONDS + 900 } },
      error: 'invalid_grant',
      text: time,
    },
    { name: 'without iat', how: { claims: { iat: undefined } }, error: 'invalid_grant', text: time },
    { name: 'without a scope', how: { claims: { scope: '' } }, error: 'invalid_scope', text: 'Invalid OAuth scope' },
    {
      name: 'with a made-up scope',
      how: { claims: { scope: 'push' } },
      error: 'invalid_scope',
      text: 'Invalid OAuth scope',
    },
  ])('$name', async ({ how, error, text }) => {
    expect(await judge(assertion(how))).toMatchObject({
      ok: false,
      status: 400,
      error,
      description: expect.stringContaining(text),
    })
  })

  it('because its last letter was changed', async () => {
    const jws = assertion()
    const changed = `${jws.slice(0, -10)}${jws.at(-10) === 'A' ? 'B' : 'A'}${jws.slice(-9)}`
    expect(await judge(changed)).toMatchObject({ ok: false, error: 'invalid_grant', description: signature })
  })

  it.each(['', 'a.b', 'a.b.c', '..'])('because %j is no JWS', async (jws) => {
    expect(await judge(jws)).toMatchObject({ ok: false, status: 400, error: 'invalid_grant' })
  })

  it('because the form asks for something else', async () => {
    expect(await judge(assertion(), 'password')).toMatchObject({ ok: false, error: 'unsupported_grant_type' })
    const form = new URLSearchParams({ grant_type: GRANT })
    expect(await judgeTokenRequest(form, accounts, NOW)).toMatchObject({ ok: false, error: 'invalid_request' })
  })
})
