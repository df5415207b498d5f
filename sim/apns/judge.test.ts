/** Every reason that the simulator finds by itself, the order in which it looks, and what binds a connection. */
import { sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Headers } from '../exchange.ts'
import { scriptedAnswer } from './answers.ts'
import { Connection } from './connection.ts'
import { type ApnsRequest, judge } from './judge.ts'
import { ProviderTokens } from './provider-tokens.ts'
import { type Reason, STATUS_OF_REASON } from './reasons.ts'
import { type KeyRequest, type RegisteredKey, SigningKeys } from './signing-keys.ts'

const NOW = Date.UTC(2026, 0, 1)
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const BUNDLE_ID = 'com.example.app'
const DEVICE = 'ab'.repeat(32)

const keys = new SigningKeys()
const registered = keys.register({ bundleIds: [BUNDLE_ID] })
const tokens = new ProviderTokens(keys)

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

interface TokenFields {
  readonly alg?: string
  readonly issuedAt?: number
  readonly teamId?: string
  readonly keyId?: string
}

/** A provider token with a right signature over whatever it says. */
function providerTokenOf({ key, privateKey }: RegisteredKey, fields: TokenFields = {}): string {
  const { alg = 'ES256', issuedAt = NOW, teamId = key.teamId, keyId = key.keyId } = fields
  const signedText = `${part({ alg, kid: keyId })}.${part({ iss: teamId, iat: issuedAt / 1000 })}`
  const signature = sign('sha256', Buffer.from(signedText), { key: privateKey!, dsaEncoding: 'ieee-p1363' })
  return `${signedText}.${signature.toString('base64url')}`
}

const PROVIDER_TOKEN = providerTokenOf(registered)

function requestOf(headers: Record<string, string | undefined> = {}, fields: Partial<ApnsRequest> = {}): ApnsRequest {
  return {
    method: 'POST',
    path: `/3/device/${DEVICE}`,
    body: Buffer.from('{"aps":{"alert":"Hello"}}'),
    headers: {
      authorization: `bearer ${PROVIDER_TOKEN}`,
      'apns-topic': BUNDLE_ID,
      'apns-push-type': 'alert',
      ...headers,
    } as Headers,
    ...fields,
  }
}

function reasonFor(request: ApnsRequest, connection = new Connection(undefined), now = NOW): Reason | null {
  return judge(request, connection, tokens, now).reason
}

function withToken(key: RegisteredKey, fields?: TokenFields): ApnsRequest {
  return requestOf({ authorization: `bearer ${providerTokenOf(key, fields)}` })
}

describe('one mistake', () => {
  test.each<[Reason | null, string, ApnsRequest]>([
    [null, 'none', requestOf()],
    [null, 'none, with a scheme in capitals', requestOf({ authorization: `BEARER ${PROVIDER_TOKEN}` })],
    [null, 'none, without a push type', requestOf({ 'apns-push-type': undefined })],
    [
      null,
      'none, with every header',
      requestOf({
        'apns-id': '123e4567-e89b-12d3-a456-426614174000',
        'apns-expiration': '0',
        'apns-priority': '5',
        'apns-collapse-id': 'x'.repeat(64),
      }),
    ],
    [null, 'none, a token in capitals', requestOf({}, { path: `/3/device/${DEVICE.toUpperCase()}` })],
    [null, 'none, a long token', requestOf({}, { path: `/3/device/${'ab'.repeat(100)}` })],
    [
      null,
      'none, VoIP with 5,120 bytes',
      requestOf(
        { 'apns-push-type': 'voip', 'apns-topic': `${BUNDLE_ID}.voip` },
        { body: Buffer.from(`{"a":"${'x'.repeat(5112)}"}`) },
      ),
    ],
    ['BadMessageId', 'an id in capitals', requestOf({ 'apns-id': '123E4567-E89B-12D3-A456-426614174000' })],
    ['BadMessageId', 'an id without hyphens', requestOf({ 'apns-id': '123e4567e89b12d3a456426614174000' })],
    ['MethodNotAllowed', 'GET', requestOf({}, { method: 'GET' })],
    ['MissingTopic', 'no topic', requestOf({ 'apns-topic': undefined })],
    ['BadTopic', 'a topic with a space', requestOf({ 'apns-topic': 'com example' })],
    ['BadCollapseId', 'a collapse id of 65 bytes', requestOf({ 'apns-collapse-id': 'x'.repeat(65) })],
    ['BadExpirationDate', 'a date', requestOf({ 'apns-expiration': '2026-01-01' })],
    ['BadExpirationDate', 'a negative number', requestOf({ 'apns-expiration': '-1' })],
    ['BadPriority', 'a priority that does not exist', requestOf({ 'apns-priority': '7' })],
    ['BadPriority', 'background at 10', requestOf({ 'apns-push-type': 'background', 'apns-priority': '10' })],
    ['BadPriority', 'background at the default, which is 10', requestOf({ 'apns-push-type': 'background' })],
    ['InvalidPushType', 'a push type that does not exist', requestOf({ 'apns-push-type': 'shout' })],
    ['InvalidPushType', 'an alert to the VoIP topic', requestOf({ 'apns-topic': `${BUNDLE_ID}.voip` })],
    ['DeviceTokenNotForTopic', 'VoIP to the bare topic', requestOf({ 'apns-push-type': 'voip' })],
    ['BadPath', 'another path', requestOf({}, { path: '/4/device/x' })],
    ['MissingDeviceToken', 'no device token', requestOf({}, { path: '/3/device/' })],
    ['BadDeviceToken', 'a token that is not hexadecimal', requestOf({}, { path: `/3/device/${'xy'.repeat(32)}` })],
    ['BadDeviceToken', 'half a byte', requestOf({}, { path: `/3/device/${DEVICE}a` })],
    ['BadDeviceToken', 'a token of 31 bytes', requestOf({}, { path: `/3/device/${'ab'.repeat(31)}` })],
    ['DuplicateHeaders', 'two topics', requestOf({ 'apns-topic': `${BUNDLE_ID}, ${BUNDLE_ID}` })],
    ['MissingProviderToken', 'no authorization', requestOf({ authorization: undefined })],
    ['MissingProviderToken', 'another scheme', requestOf({ authorization: 'Basic eA==' })],
    ['InvalidProviderToken', 'no JWT', requestOf({ authorization: 'bearer x' })],
    ['InvalidProviderToken', 'another algorithm', withToken(registered, { alg: 'HS256' })],
    ['InvalidProviderToken', 'an unknown key', withToken(registered, { keyId: 'UNKNOWN123' })],
    ['InvalidProviderToken', 'an unknown team', withToken(registered, { teamId: 'UNKNOWN123' })],
    ['InvalidProviderToken', 'issued in the future', withToken(registered, { issuedAt: NOW + HOUR_MS + 1000 })],
    ['ExpiredProviderToken', 'issued too long ago', withToken(registered, { issuedAt: NOW - HOUR_MS - 1000 })],
    ['TopicDisallowed', 'an app the key is not for', requestOf({ 'apns-topic': 'com.example.other' })],
    ['PayloadEmpty', 'no body', requestOf({}, { body: Buffer.alloc(0) })],
    ['PayloadEmpty', 'a body that is not JSON', requestOf({}, { body: Buffer.from('hello') })],
    ['PayloadTooLarge', '4,097 bytes', requestOf({}, { body: Buffer.from(`{"a":"${'x'.repeat(4089)}"}`) })],
    [
      'PayloadTooLarge',
      '4,097 bytes of two-byte characters',
      requestOf(
        {},
        {
          body: Buffer.from(`{"ab":"${'é'.repeat(2044)}"}`),
        },
      ),
    ],
  ])('%s: %s', (reason, _, request) => {
    expect(reasonFor(request)).toBe(reason)
  })
})

test('of several mistakes the first in the order of the checks is told', () => {
  const mistakes: [Reason, Record<string, string | undefined>, Partial<ApnsRequest>][] = [
    ['BadMessageId', { 'apns-id': 'x' }, {}],
    ['MethodNotAllowed', {}, { method: 'GET' }],
    ['MissingTopic', { 'apns-topic': undefined }, {}],
    ['BadCollapseId', { 'apns-collapse-id': 'x'.repeat(65) }, {}],
    ['BadPriority', { 'apns-priority': '7' }, {}],
    ['InvalidPushType', { 'apns-push-type': 'shout' }, {}],
    ['BadDeviceToken', {}, { path: '/3/device/x' }],
    ['MissingProviderToken', { authorization: undefined }, {}],
    ['PayloadEmpty', {}, { body: Buffer.alloc(0) }],
  ]
  const told = mistakes.map((_, first) => {
    const rest = mistakes.slice(first)
    return reasonFor(
      requestOf(Object.assign({}, ...rest.map(([, h]) => h)), Object.assign({}, ...rest.map(([, , f]) => f))),
    )
  })
  expect(told).toEqual(mistakes.map(([reason]) => reason))
})

test('a device token that was never issued is bad, once it is known who asks for whom', () => {
  const neverIssued = { path: `/3/device/${'f'.repeat(64)}` }
  expect(reasonFor(requestOf({}, neverIssued))).toBe('BadDeviceToken')
  expect(reasonFor(requestOf({ authorization: undefined }, neverIssued))).toBe('MissingProviderToken')
  expect(reasonFor(requestOf({ 'apns-topic': 'com.example.other' }, neverIssued))).toBe('TopicDisallowed')
})

describe('a provider token over time', () => {
  test('is good for an hour', () => {
    const key = keys.register({})
    const request = withToken(key)
    expect(reasonFor(request)).toBeNull()
    expect(reasonFor(request, undefined, NOW + HOUR_MS)).toBeNull()
    expect(reasonFor(request, undefined, NOW + HOUR_MS + 1)).toBe('ExpiredProviderToken')
  })

  test('has a successor after 20 minutes and no sooner, whatever the connection; the old one goes on', () => {
    const key = keys.register({})
    const first = withToken(key)
    const second = withToken(key)
    expect(reasonFor(first)).toBeNull()
    expect(reasonFor(second, undefined, NOW + 20 * MINUTE_MS - 1)).toBe('TooManyProviderTokenUpdates')
    expect(reasonFor(second, undefined, NOW + 20 * MINUTE_MS)).toBeNull()
    expect(reasonFor(first, undefined, NOW + 21 * MINUTE_MS)).toBeNull()
  })

  test('may be replaced at will when the key says so', () => {
    const key = keys.register({ mintFloorSeconds: 0 })
    expect([reasonFor(withToken(key)), reasonFor(withToken(key))]).toEqual([null, null])
  })

  test('is worthless once its key is revoked', () => {
    const key = keys.register({})
    const request = withToken(key)
    expect(reasonFor(request)).toBeNull()
    expect(keys.revoke(key.key.teamId, key.key.keyId)).toBe(true)
    expect(reasonFor(request)).toBe('InvalidProviderToken')
  })
})

describe('a connection', () => {
  const TEAM = 'TEAM000001'
  const inTeam = (fields: KeyRequest = {}) => withToken(keys.register({ teamId: TEAM, ...fields }))

  test.each<[string, string | undefined, ApnsRequest, ApnsRequest, Reason | null]>([
    ['of a team takes another team-scoped key of it', undefined, inTeam(), inTeam(), null],
    ['of a team refuses another team', undefined, inTeam(), withToken(keys.register({})), 'InvalidProviderToken'],
    [
      'of a team-scoped key refuses a topic-specific one',
      undefined,
      inTeam(),
      inTeam({ bundleIds: [BUNDLE_ID] }),
      'UnrelatedKeyIdInToken',
    ],
    [
      'takes two keys for the same app',
      undefined,
      inTeam({ bundleIds: [BUNDLE_ID] }),
      inTeam({ bundleIds: [BUNDLE_ID] }),
      null,
    ],
    [
      'refuses a key for other apps',
      undefined,
      inTeam({ bundleIds: [BUNDLE_ID] }),
      inTeam({ bundleIds: ['com.example.other'] }),
      'UnrelatedKeyIdInToken',
    ],
    [
      'takes the environment of its first key',
      undefined,
      inTeam({ environment: 'sandbox' }),
      inTeam({ environment: 'production' }),
      'BadEnvironmentKeyIdInToken',
    ],
    [
      'to the production host takes a key for both',
      'api.push.apple.com',
      inTeam(),
      inTeam({ environment: 'production' }),
      null,
    ],
    [
      'to the production host refuses a sandbox key',
      'api.push.apple.com',
      inTeam(),
      inTeam({ environment: 'sandbox' }),
      'BadEnvironmentKeyIdInToken',
    ],
    [
      'to the sandbox refuses a production key',
      'api.sandbox.push.apple.com',
      inTeam(),
      inTeam({ environment: 'production' }),
      'BadEnvironmentKeyIdInToken',
    ],
  ])('%s', (_, host, first, second, reason) => {
    const connection = new Connection(host)
    expect(reasonFor(first, connection)).toBeNull()
    expect(reasonFor(second, connection)).toBe(reason)
    expect(reasonFor(first, connection)).toBeNull()
  })

  test('is not bound by a provider token that is refused', () => {
    const connection = new Connection(undefined)
    expect(reasonFor(requestOf({ authorization: 'bearer x' }), connection)).toBe('InvalidProviderToken')
    expect(reasonFor(inTeam(), connection)).toBeNull()
  })
})

describe('a script can bring about every answer of Apple', () => {
  test.each(Object.entries(STATUS_OF_REASON))('%s is %i', (reason, status) => {
    const answer = scriptedAnswer('id', { kind: 'status', status, reason }, NOW)!
    expect(answer.headers).toEqual({ 'apns-id': 'id' })
    expect(JSON.parse(answer.body)).toEqual(status === 410 ? { reason, timestamp: NOW } : { reason })
  })

  test('an answer of an edge has neither JSON nor an apns-id', () => {
    const answer = scriptedAnswer('id', { kind: 'html', status: 520 }, NOW)!
    expect(answer.headers).not.toHaveProperty('apns-id')
    expect(answer.body).toContain('<!DOCTYPE html>')
  })
})
