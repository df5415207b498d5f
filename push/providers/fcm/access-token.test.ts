import { createSign, generateKeyPairSync } from 'node:crypto'
import { jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../outcome.ts'
import { buildAssertion, readTokenAnswer, type TokenAnswer, tokenRequest } from './access-token.ts'

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0, 999)
const IAT = Math.floor(NOW / 1000)
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const ACCOUNT = { clientEmail: 'sender@demo.iam.gserviceaccount.com', privateKey: PEM, privateKeyId: 'abc123' }

describe('buildAssertion', () => {
  test('claims what Google asks for', async () => {
    const { payload, protectedHeader } = await jwtVerify(await buildAssertion(ACCOUNT, NOW), publicKey, {
      currentDate: new Date(NOW),
    })
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'abc123' })
    expect(payload).toEqual({
      iss: 'sender@demo.iam.gserviceaccount.com',
      scope: 'https://www.googleapis.com/auth/firebase.messaging',
      aud: 'https://oauth2.googleapis.com/token',
      iat: IAT,
      exp: IAT + 3600,
    })
  })

  test('is signed as OpenSSL signs it', async () => {
    const [header, payload, signature] = (await buildAssertion(ACCOUNT, NOW)).split('.')
    const expected = createSign('sha256').update(`${header}.${payload}`).sign(privateKey, 'base64url')
    expect(signature).toBe(expected)
  })

  test('leaves out the id of a key that has none', async () => {
    const assertion = await buildAssertion({ ...ACCOUNT, privateKeyId: null }, NOW)
    expect(JSON.parse(Buffer.from(assertion.split('.')[0]!, 'base64url').toString())).toEqual({
      alg: 'RS256',
      typ: 'JWT',
    })
  })

  test('refuses what is not an RSA key', async () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
    await expect(buildAssertion({ ...ACCOUNT, privateKey: ec.toString() }, NOW)).rejects.toThrow()
  })
})

test('the exchange is a form', () => {
  const request = tokenRequest('http://127.0.0.1:1/token', 'a.b.c')
  expect(request.url).toBe('http://127.0.0.1:1/token')
  expect(request.sharedHeaders).toEqual({ 'content-type': 'application/x-www-form-urlencoded' })
  expect(Object.fromEntries(new URLSearchParams(request.body as string))).toEqual({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: 'a.b.c',
  })
})

describe('the answer of the token endpoint', () => {
  function answer(status: number, body: object | string, headers: Record<string, string> = {}): Answer {
    return { kind: 'response', status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) }
  }
  const grant = (description: string) => answer(400, { error: 'invalid_grant', error_description: description })
  const minted = (seconds: number): TokenAnswer => ({
    kind: 'minted',
    accessToken: 'ya29.x',
    expiresAt: NOW + seconds * 1000,
  })
  const misconfigured = (reason: string): TokenAnswer => ({
    kind: 'failed',
    outcome: { kind: 'misconfigured', reason },
  })
  const later = (reason: string, schedule: 'standard' | 'quota', retryAfterSeconds?: number): TokenAnswer => ({
    kind: 'failed',
    outcome: { kind: 'later', reason, scope: 'credential', schedule, retryAfterSeconds },
  })

  const rows: [name: string, answer: Answer, expected: TokenAnswer][] = [
    ['200', answer(200, { access_token: 'ya29.x', expires_in: 3599, token_type: 'Bearer' }), minted(3599)],
    ['200 without a lifetime', answer(200, { access_token: 'ya29.x' }), minted(3600)],
    ['200 without an access token', answer(200, { id_token: 'x' }), later('token_http_200', 'standard')],
    ['200 of a captive portal', answer(200, '<html>'), later('token_http_200', 'standard')],
    ['a wrong key', grant('Invalid JWT Signature.'), misconfigured('invalid_grant')],
    ['a wrong clock', grant('Invalid JWT: Token must be a short-lived token'), misconfigured('invalid_grant')],
    ['a deleted account', answer(401, { error: 'deleted_client' }), misconfigured('deleted_client')],
    ['a wrong URL', answer(404, '<html>'), misconfigured('token_http_404')],
    ['a redirect', answer(302, ''), misconfigured('token_http_302')],
    ['429', answer(429, ''), later('token_http_429', 'quota')],
    ['500', answer(500, { error: 'internal_failure' }), later('internal_failure', 'standard')],
    ['503 with Retry-After', answer(503, '<html>', { 'retry-after': '4' }), later('token_http_503', 'standard', 4)],
    [
      'no answer: nothing was pushed, so trying again is safe',
      { kind: 'no_answer', sent: 'maybe', reason: 'timeout' },
      { kind: 'failed', outcome: { kind: 'unanswered', reason: 'timeout', sent: 'no' } },
    ],
  ]
  test.each(rows)('%s', (_, given, expected) => {
    expect(readTokenAnswer(given, NOW)).toEqual(expected)
  })
})
