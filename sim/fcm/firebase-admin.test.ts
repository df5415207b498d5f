/**
 * The unmodified firebase-admin as a judge of the FCM simulator: what Google accepts it must see accepted, and each
 * fault it must classify as it does against Google. Over its default HTTP/2 transport, which sends `:scheme: https:`,
 * and over the legacy HTTP/1.1 one.
 */
import { type App, cert, deleteApp, initializeApp } from 'firebase-admin/app'
import { getMessaging, type Messaging } from 'firebase-admin/messaging'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startControl } from '../control.ts'
import { deskRoutes } from '../control-routes.ts'
import { type Desk, makeDesk } from '../desk.ts'
import type { FinalEffect } from '../faults.ts'
import type { Listening } from '../listen.ts'
import { redirectTls } from '../redirect-tls.ts'
import { type FcmSimulator, startFcm } from './server.ts'

/** Client and server share this process and its TLS handshakes: a busy machine needs more than the usual 5 s. */
vi.setConfig({ testTimeout: 30_000 })

let desk: Desk
let fcm: FcmSimulator
let control: Listening
let stopRedirecting: () => void
let serviceAccount: Record<string, string>

beforeAll(async () => {
  desk = makeDesk()
  fcm = await startFcm(desk, { ports: {} })
  control = await startControl([...deskRoutes(desk), ...fcm.routes], 0)
  stopRedirecting = redirectTls({
    hosts: ['fcm.googleapis.com', 'oauth2.googleapis.com', 'iid.googleapis.com'],
    port: Number(new URL(fcm.http2Url).port),
    ca: desk.certificate.caPem,
  })
  serviceAccount = await makeServiceAccount('demo-project')
})

afterAll(async () => {
  stopRedirecting()
  await Promise.all([control.close(), fcm.close()])
})

afterEach(() => {
  desk.faults.clear()
  desk.inbox.clear()
})

async function makeServiceAccount(projectId: string): Promise<Record<string, string>> {
  const response = await fetch(`http://127.0.0.1:${control.port}/fcm/service-accounts`, {
    method: 'POST',
    body: JSON.stringify({ project_id: projectId }),
  })
  return (await response.json()) as Record<string, string>
}

/** Registration tokens of the length that real ones have. */
function deviceTokens(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}:APA91b${'x'.repeat(120)}`)
}

function codesOf({ responses }: Awaited<ReturnType<Messaging['sendEachForMulticast']>>): string[] {
  return responses.map(({ error }) => error?.code ?? 'accepted')
}

const notification = { title: 'Hello', body: 'World' }

/** 61 s is more than firebase-admin waits: it gives up at once, where a plain 503 costs it 7 s. */
const TOO_LONG_TO_WAIT_SECONDS = 61

const CLASSIFICATIONS: readonly [name: string, effect: FinalEffect, code: string][] = [
  ['an unregistered device', { kind: 'unregistered' }, 'messaging/registration-token-not-registered'],
  [
    'a token of another project',
    { kind: 'status', status: 403, reason: 'SENDER_ID_MISMATCH' },
    'messaging/mismatched-credential',
  ],
  ['a device rate', { kind: 'status', status: 429, reason: 'QUOTA_EXCEEDED' }, 'messaging/message-rate-exceeded'],
  ['a project rate', { kind: 'status', status: 429, reason: 'RATE_LIMIT_EXCEEDED' }, 'messaging/message-rate-exceeded'],
  [
    'a missing APNs credential',
    { kind: 'status', status: 401, reason: 'THIRD_PARTY_AUTH_ERROR' },
    'messaging/third-party-auth-error',
  ],
  ['a malformed token', { kind: 'status', status: 400, reason: 'INVALID_ARGUMENT' }, 'messaging/invalid-argument'],
  ['a wrong field', { kind: 'status', status: 400, reason: 'BAD_REQUEST' }, 'messaging/invalid-argument'],
  ['an internal error', { kind: 'status', status: 500, reason: 'INTERNAL' }, 'messaging/internal-error'],
  [
    'an overload',
    { kind: 'status', status: 503, retry_after: TOO_LONG_TO_WAIT_SECONDS },
    'messaging/server-unavailable',
  ],
  ['an unspecified error', { kind: 'status', status: 500, reason: 'UNSPECIFIED_ERROR' }, 'messaging/unknown-error'],
  ['a page of HTML', { kind: 'html', status: 502 }, 'messaging/unknown-error'],
]

describe.each([
  { transport: 'the default HTTP/2 transport', isLegacy: false, batch: 500 },
  // Here each message costs firebase-admin a TLS handshake of its own.
  { transport: 'the legacy HTTP/1.1 transport', isLegacy: true, batch: 50 },
])('firebase-admin over $transport', ({ isLegacy, batch }) => {
  let app: App
  let messaging: Messaging

  beforeEach(() => {
    app = initializeApp({ credential: cert(serviceAccount) }, `judge-${isLegacy}`)
    messaging = getMessaging(app)
    if (isLegacy) messaging.enableLegacyHttpTransport()
  })

  afterEach(() => deleteApp(app))

  it(`sends ${batch} messages with every field in one call, each arriving once`, async () => {
    const tokens = deviceTokens('live', batch)
    const answer = await messaging.sendEachForMulticast({
      tokens,
      notification: { ...notification, imageUrl: 'https://example.com/a.png' },
      data: { fanfare_id: 'ntf_1', url: 'https://example.com/' },
      android: { priority: 'high', ttl: 3_600_000, collapseKey: 'news', notification: { channelId: 'c', tag: 't' } },
      apns: { headers: { 'apns-priority': '10' }, payload: { aps: { badge: 3, sound: 'default' } } },
      webpush: { headers: { Urgency: 'high' }, fcmOptions: { link: 'https://example.com/' } },
      fcmOptions: { analyticsLabel: 'spring' },
    })
    expect(answer.successCount).toBe(batch)
    expect(answer.responses[0]!.messageId).toMatch(/^projects\/demo-project\/messages\/0:\d+%[0-9a-f]{16}$/)
    expect(new Set(answer.responses.map(({ messageId }) => messageId)).size).toBe(batch)
    expect(desk.inbox.counts().fcm).toMatchObject({ requests: batch, accepted: batch, devices: batch, duplicates: 0 })
    expect(desk.inbox.arrivalsAt('fcm', tokens[7]!)).toHaveLength(1)
  })

  it.each(CLASSIFICATIONS)('classifies %s', async (_name, effect, code) => {
    desk.faults.add({ service: 'fcm', prefix: 'bad', effect })
    const [good] = deviceTokens('good', 1)
    const [bad] = deviceTokens('bad', 1)
    const answer = await messaging.sendEachForMulticast({ tokens: [good!, bad!], notification })
    expect(codesOf(answer)).toEqual(['accepted', code])
  })

  it('is told that a dry run went well, and nothing arrives', async () => {
    const tokens = deviceTokens('dry', 2)
    const answer = await messaging.sendEachForMulticast({ tokens, notification }, true)
    expect(answer.responses[0]!.messageId).toBe('projects/demo-project/messages/fake_message_id')
    expect(desk.inbox.counts().fcm).toMatchObject({ requests: 2, accepted: 0, refused: 0 })
  })

  it('retries a 503 that passes, and the device has the message once', async () => {
    desk.faults.add({ service: 'fcm', prefix: '', times: 1, effect: { kind: 'status', status: 503 } })
    const [deviceToken] = deviceTokens('once', 1)
    const answer = await messaging.sendEachForMulticast({ tokens: [deviceToken!], data: { fanfare_id: 'ntf_2' } })
    expect(codesOf(answer)).toEqual(['accepted'])
    expect(desk.inbox.arrivalsAt('fcm', deviceToken!).map(({ status }) => status)).toEqual([503, 200])
    expect(desk.inbox.counts().fcm.duplicates).toBe(0)
  })

  it('makes a duplicate when the 503 came after the message was taken', async () => {
    const effect = { kind: 'status', status: 503, accepted: true } as const
    desk.faults.add({ service: 'fcm', prefix: '', times: 1, effect })
    const [deviceToken] = deviceTokens('twice', 1)
    await messaging.sendEachForMulticast({ tokens: [deviceToken!], data: { fanfare_id: 'ntf_3' } })
    expect(desk.inbox.counts().fcm).toMatchObject({ requests: 2, accepted: 2, duplicates: 1 })
  })

  it('is refused what Google refuses', async () => {
    const [deviceToken] = deviceTokens('strict', 1)
    const answer = await messaging.sendEach([
      { token: 'short', notification },
      { token: deviceToken!, data: { blob: 'ü'.repeat(2050) } },
      { topic: 'news', data: { blob: 'x'.repeat(2050) } },
      { condition: "'a' in topics && 'b' in topics", notification },
      { fid: 'cAAAAAAAAAAAAAAAAAAAAA', notification },
    ])
    const accepted = 'accepted'
    const invalid = 'messaging/invalid-argument'
    expect(codesOf(answer)).toEqual([invalid, invalid, invalid, accepted, accepted])
  })

  it('learns that an installation id is gone', async () => {
    const fid = 'dBBBBBBBBBBBBBBBBBBBBB'
    desk.faults.add({ service: 'fcm', prefix: fid, effect: { kind: 'unregistered' } })
    const answer = await messaging.sendEach([{ fid, notification }])
    expect(codesOf(answer)).toEqual(['messaging/installation-id-not-registered'])
  })

  it('reports every message that a GOAWAY does not cover, and none that it covers', async () => {
    const effect = { kind: 'goaway', reason: 'server_shutting_down' } as const
    desk.faults.add({ service: 'fcm', prefix: 'gone', times: 1, effect })
    const tokens = [...deviceTokens('early', 3), ...deviceTokens('gone', 1), ...deviceTokens('late', 2)]
    const answer = await messaging.sendEachForMulticast({ tokens, notification })
    if (isLegacy) {
      // HTTP/1.1 has no GOAWAY: the connection closes, and firebase-admin sends the message again on another.
      expect(answer.successCount).toBe(6)
    } else {
      expect(answer.responses.map(({ success }) => success)).toEqual([true, true, true, false, false, false])
      expect(answer.responses[3]!.error!.message).toContain('GOAWAY - server_shutting_down')
    }
    expect(desk.inbox.counts().fcm.accepted).toBe(answer.successCount)
  })

  it.each([
    { when: 'before' as const, taken: 0 },
    { when: 'after' as const, taken: 1 },
  ])('meets a connection that is reset $when the message is taken', async ({ when, taken }) => {
    desk.faults.add({ service: 'fcm', prefix: '', times: 1, effect: { kind: 'reset', when } })
    const tokens = deviceTokens('cut', 1)
    const answer = await messaging.sendEachForMulticast({ tokens, data: { fanfare_id: 'ntf_4' } })
    // Over HTTP/1.1 it tries again, and so may make a duplicate; over HTTP/2 its one session is gone.
    expect(codesOf(answer)).toEqual([isLegacy ? 'accepted' : 'messaging/unknown-error'])
    const counts = desk.inbox.counts().fcm
    expect(counts).toMatchObject({ unanswered: 1, accepted: isLegacy ? taken + 1 : taken })
    expect(counts.duplicates).toBe(isLegacy ? taken : 0)
  })
})

describe('firebase-admin and topics', () => {
  let app: App
  let messaging: Messaging

  beforeEach(() => {
    app = initializeApp({ credential: cert(serviceAccount) }, 'topics')
    messaging = getMessaging(app)
  })

  afterEach(() => deleteApp(app))

  it.each([
    { name: 'one by one', subscribe: 'subscribeToTopic', unsubscribe: 'unsubscribeFromTopic' },
    { name: 'in a batch', subscribe: 'subscribeToTopicLegacy', unsubscribe: 'unsubscribeFromTopicLegacy' },
  ] as const)('subscribes devices $name, and learns which are gone', async ({ subscribe, unsubscribe }) => {
    desk.faults.add({ service: 'fcm', prefix: 'dead', effect: { kind: 'unregistered' } })
    const tokens = [...deviceTokens('fan', 2), ...deviceTokens('dead', 1)]
    for (const method of [subscribe, subscribe, unsubscribe, unsubscribe]) {
      const answer = await messaging[method](tokens, 'news')
      expect(answer).toMatchObject({ successCount: 2, failureCount: 1, errors: [{ index: 2 }] })
      expect(answer.errors[0]!.error.code).toBe('messaging/registration-token-not-registered')
    }
  })
})

describe('firebase-admin and the token endpoint', () => {
  it.each([
    { reason: 'invalid_grant', text: 'Invalid JWT Signature.' },
    { reason: 'invalid_grant_clock', text: 'Token must be a short-lived token (60 minutes)' },
  ])('reports $reason for every message and sends none', async ({ reason, text }) => {
    desk.faults.add({ service: 'oauth', prefix: '', effect: { kind: 'status', status: 400, reason } })
    // firebase-admin keeps credentials it has seen: an account of its own has no access token yet.
    const account = await makeServiceAccount(reason.replaceAll('_', '-'))
    const app = initializeApp({ credential: cert(account) }, reason)
    const answer = await getMessaging(app).sendEachForMulticast({ tokens: deviceTokens('any', 2), notification })
    await deleteApp(app)
    expect(codesOf(answer)).toEqual(['app/invalid-credential', 'app/invalid-credential'])
    expect(answer.responses[0]!.error!.message).toContain(text)
    expect(desk.inbox.counts().fcm.requests).toBe(0)
  })

  it('gets an access token for one project only', async () => {
    const account = await makeServiceAccount('other-project')
    const app = initializeApp({ credential: cert(account), projectId: 'demo-project' }, 'other')
    const answer = await getMessaging(app).sendEachForMulticast({ tokens: deviceTokens('any', 1), notification })
    await deleteApp(app)
    expect(codesOf(answer)).toEqual(['messaging/mismatched-credential'])
    expect(desk.inbox.counts().fcm).toMatchObject({ by_status: { 403: 1 }, accepted: 0 })
  })
})
