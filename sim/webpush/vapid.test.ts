import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Problem } from './problems.ts'
import { checkVapid, isLocalSubject, readVapid, type Vapid } from './vapid.ts'
import { VapidTokens } from './vapid-tokens.ts'

/** RFC 8292 §2.4. */
const RFC_8292_TOKEN =
  'eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA'
const RFC_8292_KEY = 'BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs'

const ORIGIN = 'https://push.example.net'
const NOW = Date.UTC(2026, 0, 1)
const HOUR_SECONDS = 3600
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const KEY = pointOf(pair.publicKey)

function pointOf(publicKey: KeyObject): string {
  const { x, y } = publicKey.export({ format: 'jwk' })
  return Buffer.concat([Buffer.from([4]), Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')]).toString(
    'base64url',
  )
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** A header with a right signature over whatever it says. */
function headerOf(claims: object, { alg = 'ES256', key = KEY as string | null } = {}): string {
  const signedText = `${part({ alg })}.${part(claims)}`
  const signature = sign('sha256', Buffer.from(signedText), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' })
  const parameters = [`t=${signedText}.${signature.toString('base64url')}`, key === null ? [] : `k=${key}`].flat()
  return `vapid ${parameters.join(', ')}`
}

const CLAIMS = { aud: ORIGIN, exp: NOW / 1000 + HOUR_SECONDS, sub: 'mailto:push@example.com' }

test.each([
  ['as it stands', `vapid t=${RFC_8292_TOKEN}, k=${RFC_8292_KEY}`],
  ['in another order', `vapid k=${RFC_8292_KEY},t=${RFC_8292_TOKEN}`],
  ['quoted, padded, and in capitals', `VAPID t="${RFC_8292_TOKEN}", k="${RFC_8292_KEY}="`],
])('reads the header of RFC 8292 §2.4, %s', (_, header) => {
  expect(readVapid(header).vapid).toEqual({
    publicKey: RFC_8292_KEY,
    audience: ORIGIN,
    expiresAt: 1453523768000,
    subject: 'mailto:push@example.com',
  })
})

test.each<[Problem, string | undefined]>([
  ['vapid_missing', undefined],
  ['vapid_malformed', `WebPush ${RFC_8292_TOKEN}`],
  ['vapid_malformed', `vapid k=${KEY}`],
  ['vapid_malformed', `vapid t=a.b.c, k=${KEY}`],
  ['vapid_malformed', headerOf(CLAIMS, { alg: 'HS256' })],
  ['vapid_malformed', headerOf({ ...CLAIMS, exp: 'tomorrow' })],
  ['vapid_key_missing', headerOf(CLAIMS, { key: null })],
  ['vapid_key_invalid', headerOf(CLAIMS, { key: Buffer.alloc(65, 4).toString('base64url') })],
  ['vapid_key_invalid', headerOf(CLAIMS, { key: 'short' })],
  ['vapid_signature_invalid', headerOf(CLAIMS, { key: RFC_8292_KEY })],
  ['vapid_audience_invalid', headerOf({ ...CLAIMS, aud: undefined })],
  ['vapid_subject_missing', headerOf({ ...CLAIMS, sub: undefined })],
  ['vapid_subject_missing', headerOf({ ...CLAIMS, sub: '' })],
  ['vapid_subject_invalid', headerOf({ ...CLAIMS, sub: 'push@example.com' })],
  ['vapid_subject_invalid', headerOf({ ...CLAIMS, sub: 'http://example.com' })],
])('%s: %s', (problem, header) => {
  expect(readVapid(header).problem).toBe(problem)
})

test.each<[Problem | null, Partial<Vapid>, string | null]>([
  [null, {}, KEY],
  [null, {}, null],
  [null, { expiresAt: NOW + 24 * HOUR_SECONDS * 1000 }, KEY],
  ['vapid_key_mismatch', {}, RFC_8292_KEY],
  ['vapid_audience_invalid', { audience: 'https://push.example.org' }, KEY],
  ['vapid_audience_invalid', { audience: `${ORIGIN}/` }, KEY],
  ['vapid_expired', { expiresAt: NOW }, KEY],
  ['vapid_expiry_too_far', { expiresAt: NOW + 24 * HOUR_SECONDS * 1000 + 1 }, KEY],
])('%s: %o for a subscription bound to %s', (problem, fields, boundTo) => {
  const vapid = { publicKey: KEY, audience: ORIGIN, expiresAt: NOW + 1000, subject: CLAIMS.sub, ...fields }
  expect(checkVapid(vapid, ORIGIN, boundTo, NOW)).toBe(problem)
})

test.each([
  ['mailto:me@localhost', true],
  ['https://localhost/contact', true],
  ['https://127.0.0.1:8787', true],
  ['mailto:me@localhost.example.com', false],
  ['https://example.com/localhost', false],
])('%s is on this machine: %s', (subject, isLocal) => {
  expect(isLocalSubject(subject)).toBe(isLocal)
})

test('a header is verified once and then known by its text', () => {
  const tokens = new VapidTokens()
  const header = headerOf(CLAIMS)
  expect(tokens.read(header)).toBe(tokens.read(header))
})
