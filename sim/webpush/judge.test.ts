/** Every problem that a request can have, with requests that web-push built and one thing changed. */
import { expect, test } from 'vitest'
import webPush from 'web-push'
import type { Headers } from '../exchange.ts'
import { judge, type PushRequest } from './judge.ts'
import type { Problem } from './problems.ts'
import type { ProfileName } from './profiles.ts'
import { type BulkRequest, Subscriptions } from './subscriptions.ts'
import { VapidTokens } from './vapid-tokens.ts'

const ORIGIN = 'https://push.example.net'
const vapid = webPush.generateVAPIDKeys()
const otherVapid = webPush.generateVAPIDKeys()
const SUBJECT = 'mailto:push@example.com'

const subscriptions = new Subscriptions()
const tokens = new VapidTokens()
const [subscription] = subscriptions.makeMany(bulk())

function bulk(fields: Partial<BulkRequest> = {}): BulkRequest {
  const defaults = { count: 1, origin: ORIGIN, idPrefix: '', decrypt: 'all', vapidKey: vapid.publicKey } as const
  return { ...defaults, profile: 'mozilla', ...fields }
}

type Options = webPush.RequestOptions & { readonly payload?: string; readonly to?: webPush.PushSubscription }

/** The request that web-push would make, as the simulator sees it. */
function requestOf({ payload = 'hello', to = subscription!, ...options }: Options = {}): PushRequest {
  const { headers, body } = webPush.generateRequestDetails(to, payload, {
    vapidDetails: { subject: SUBJECT, ...vapid },
    contentEncoding: 'aes128gcm',
    TTL: 60,
    ...options,
  })
  const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])
  const { pathname } = new URL(to.endpoint)
  return { method: 'POST', path: pathname, headers: Object.fromEntries(lowerCase), body: body ?? Buffer.alloc(0) }
}

function withHeaders(headers: Record<string, string | undefined>): PushRequest {
  const request = requestOf()
  return { ...request, headers: { ...request.headers, ...headers } as Headers }
}

function ended(): PushRequest {
  const [gone] = subscriptions.makeMany(bulk())
  subscriptions.end(new URL(gone!.endpoint).pathname.split('/').at(-1)!)
  return requestOf({ to: gone })
}

function forProfile(profile: ProfileName, options: Options): PushRequest {
  const [made] = subscriptions.makeMany(bulk({ profile }))
  return requestOf({ to: made, ...options })
}

/** The request with some bytes of its body changed. */
function tampered(offset: number, ...bytes: readonly number[]): PushRequest {
  const request = requestOf()
  const body = Buffer.from(request.body)
  body.set(bytes, offset)
  return { ...request, body }
}

/** Offsets in the header of RFC 8188 §2.1. */
const RECORD_SIZE_AT = 16
const KEY_ID_LENGTH_AT = 20
const KEY_ID_AT = 21
const RECORD_AT = 86

test.each<[Problem | null, () => PushRequest]>([
  [null, () => requestOf()],
  [null, () => withHeaders({ urgency: 'very-low', topic: 'a'.repeat(32) })],
  ['unknown_endpoint', () => ({ ...requestOf(), path: '/push/nobody' })],
  ['unknown_endpoint', () => ({ ...requestOf(), path: '/' })],
  ['gone', ended],
  ['method_not_allowed', () => ({ ...requestOf(), method: 'GET' })],
  ['vapid_missing', () => withHeaders({ authorization: undefined })],
  ['vapid_malformed', () => withHeaders({ authorization: 'Bearer x' })],
  ['vapid_key_mismatch', () => requestOf({ vapidDetails: { subject: SUBJECT, ...otherVapid } })],
  [
    'vapid_audience_invalid',
    () => ({
      ...requestOf({ to: { ...subscription!, endpoint: subscription!.endpoint.replace('.net', '.org') } }),
    }),
  ],
  ['vapid_subject_invalid', () => forProfile('apple', { vapidDetails: { subject: 'mailto:me@localhost', ...vapid } })],
  ['ttl_missing', () => withHeaders({ ttl: undefined })],
  ['ttl_invalid', () => withHeaders({ ttl: 'soon' })],
  ['ttl_negative', () => withHeaders({ ttl: '-1' })],
  ['ttl_zero', () => forProfile('wns', { TTL: 0 })],
  ['topic_invalid', () => withHeaders({ topic: 'a'.repeat(33) })],
  ['topic_invalid', () => withHeaders({ topic: 'no spaces' })],
  ['urgency_invalid', () => withHeaders({ urgency: 'now' })],
  ['encoding_missing', () => withHeaders({ 'content-encoding': undefined })],
  ['encoding_unknown', () => withHeaders({ 'content-encoding': 'aesgcm' })],
  ['encryption_in_headers', () => withHeaders({ encryption: 'salt=abc' })],
  ['encryption_in_headers', () => withHeaders({ 'crypto-key': 'p256ecdsa=abc;dh=def' })],
  ['body_malformed', () => tampered(KEY_ID_LENGTH_AT, 1)],
  ['body_has_records', () => tampered(RECORD_SIZE_AT, 0, 0, 0, 20)],
  ['body_undecryptable', () => tampered(RECORD_AT, 0, 0, 0, 0)],
  ['body_key_is_vapid_key', () => tampered(KEY_ID_AT, ...Buffer.from(vapid.publicKey, 'base64url'))],
  ['body_too_large', () => requestOf({ payload: 'x'.repeat(3994) })],
])('%s', (problem, makeRequest) => {
  expect(judge(makeRequest(), subscriptions, tokens, Date.now()).problem).toBe(problem)
})

test('the first problem in the order of the service is the one that is told', () => {
  const request = withHeaders({ authorization: undefined, ttl: undefined, topic: 'no spaces' })
  expect(judge(request, subscriptions, tokens, Date.now()).problem).toBe('vapid_missing')
})

test('a subscription that decrypts only its first push takes the others unseen', () => {
  const [made] = subscriptions.makeMany(bulk({ decrypt: 'first' }))
  const first = judge(requestOf({ to: made }), subscriptions, tokens, Date.now())
  const second = judge(requestOf({ to: made }), subscriptions, tokens, Date.now())
  expect(first).toMatchObject({ problem: null, push: { plaintext: Buffer.from('hello') } })
  expect(second).toMatchObject({ problem: null, push: { plaintext: null } })
})

test('a hundred thousand subscriptions are made in a moment, each with a secret of its own', () => {
  const made = new Subscriptions().makeMany(bulk({ count: 100_000 }))
  expect(new Set(made.map(({ endpoint }) => endpoint)).size).toBe(100_000)
  expect(new Set(made.map(({ keys }) => keys.auth)).size).toBe(100_000)
})
