/**
 * The providers before the strict simulators, which share no code with them: what we build must be accepted and be
 * read as it was meant, and the words in which a service refuses must be understood.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Simulators, startSimulators } from '../../sim/start.ts'
import type { Address } from '../device.ts'
import type { Message } from '../notification.ts'
import type { Answer, Outcome, PushRequest } from '../outcome.ts'
import type { TicketContext } from '../provider.ts'
import { readApnsOutcome } from './apns/outcome.ts'
import { mintProviderToken } from './apns/provider-token.ts'
import { apnsRequests } from './apns/request.ts'
import { buildAssertion, readTokenAnswer, tokenRequest } from './fcm/access-token.ts'
import { readFcmOutcome } from './fcm/outcome.ts'
import { fcmRequests } from './fcm/request.ts'
import { readWebPushOutcome } from './webpush/outcome.ts'
import { webPushRequests } from './webpush/request.ts'
import { originOf } from './webpush/subscription.ts'
import { makeVapidKeys, mintVapidToken, vapidAuthorization } from './webpush/vapid.ts'

const BUNDLE_ID = 'com.example.app'
const WORKED = { credentialWorked: true, now: Date.now() }

let simulators: Simulators
let send: Record<'fcm' | 'apns' | 'webpush', (message?: Partial<Message>, address?: string) => Promise<Outcome>>

beforeAll(async () => {
  simulators = await startSimulators()
  send = { fcm: await prepareFcm(), apns: await prepareApns(), webpush: await prepareWebPush() }
})

afterAll(() => simulators.close())

async function control(method: string, path: string, body?: object) {
  const answer = await fetch(simulators.controlUrl + path, { method, body: body && JSON.stringify(body) })
  expect(answer.ok).toBe(true)
  return answer.status === 204 ? null : await answer.json()
}

async function exchange({ url, sharedHeaders, ownHeaders, body }: PushRequest): Promise<Answer> {
  const headers = { ...sharedHeaders, ...ownHeaders }
  const answer = await fetch(url, { method: 'POST', headers, body: body as BodyInit })
  const answerHeaders = Object.fromEntries(answer.headers)
  return { kind: 'response', status: answer.status, headers: answerHeaders, body: await answer.text() }
}

function context(partial: Partial<Message> = {}): TicketContext {
  const usual = {
    title: 'Goal!',
    data: {},
    priority: 'normal',
    ttlSeconds: 60,
    fcm: {},
    apns: {},
    webpush: {},
  } as const
  const now = Date.now()
  return {
    pushId: `ntf_${'0'.repeat(29)}`,
    pushSequence: null,
    message: { ...usual, ...partial },
    now,
    expiresAt: now + 60_000,
  }
}

const target = (kind: Address['kind'], value: string) => ({ deviceId: 'dev_1', address: { kind, value } })

async function prepareFcm() {
  const account = await control('POST', '/fcm/service-accounts', { project_id: 'demo-project' })
  const { client_email: clientEmail, private_key: privateKey, private_key_id: privateKeyId } = account
  const assertion = await buildAssertion({ clientEmail, privateKey, privateKeyId }, Date.now())
  const minted = readTokenAnswer(await exchange(tokenRequest(simulators.fcm.tokenUrl, assertion)), Date.now())
  if (minted.kind === 'failed') throw new Error(`The simulator refused the assertion: ${minted.outcome.kind}`)
  const sender = { baseUrl: simulators.fcm.url, projectId: 'demo-project', accessToken: minted.accessToken }
  return async (message?: Partial<Message>, address = `any:APA91b${'x'.repeat(120)}`) => {
    const kind = address.length === 22 ? 'fcm_fid' : 'fcm_token'
    const request = fcmRequests(context(message), sender)(target(kind, address))
    return readFcmOutcome(await exchange(request), WORKED)
  }
}

async function prepareApns() {
  const key = await control('POST', '/apns/keys', { bundle_ids: [BUNDLE_ID], environment: 'production' })
  const { team_id: teamId, key_id: keyId, private_key: privateKey } = key
  const providerToken = await mintProviderToken({ teamId, keyId, privateKey }, Date.now())
  const sender = { baseUrl: simulators.apns.httpUrl, bundleId: BUNDLE_ID, providerToken }
  return async (message?: Partial<Message>, address = 'ab'.repeat(32)) =>
    readApnsOutcome(await exchange(apnsRequests(context(message), sender)(target('apns', address))), WORKED)
}

async function prepareWebPush() {
  const keys = await makeVapidKeys()
  const { data } = await control('POST', '/webpush/subscriptions', { vapid_public_key: keys.publicKey, count: 1 })
  const { endpoint, keys: browserKeys } = data[0]
  const identity = { ...keys, subject: 'mailto:push@example.com' }
  const authorization = vapidAuthorization(
    await mintVapidToken(identity, originOf(endpoint), Date.now()),
    keys.publicKey,
  )
  return async (message?: Partial<Message>) => {
    const build = webPushRequests(context(message), { authorizationFor: () => authorization })
    return readWebPushOutcome(
      await exchange(await build(target('webpush', JSON.stringify({ endpoint, ...browserKeys })))),
      WORKED,
    )
  }
}

describe.each(['fcm', 'apns', 'webpush'] as const)('%s accepts', (service) => {
  const messages: [name: string, message: Partial<Message>][] = [
    ['an alert', {}],
    ['data alone, high priority', { title: undefined, data: { a: '1' }, priority: 'high' }],
    ['now or never', { ttlSeconds: 0 }],
    ['the longest life', { ttlSeconds: 2_419_200 }],
    ['a collapse key', { collapseKey: 'match-17' }],
    ['a collapse key of any text', { collapseKey: 'Spiel 17 – Grüße, '.repeat(20) }],
    [
      'everything at once',
      {
        body: 'Grüße 🎺',
        image: 'https://example.com/goal.png',
        url: 'https://example.com/match/17',
        data: { match: '17' },
        priority: 'high',
        badge: 0,
        sound: 'default',
        fcm: {
          android: { collapseKey: 'x', notification: { channelId: 'goals' } },
          fcmOptions: { analyticsLabel: 'x' },
        },
        apns: { aps: { 'thread-id': 'match' } },
        webpush: { icon: 'https://example.com/icon.png' },
      },
    ],
  ]
  test.each(messages)('%s', async (_, message) => {
    expect(await send[service](message)).toEqual({ kind: 'accepted' })
  })
})

test('FCM takes an installation id for a target', async () => {
  expect(await send.fcm({}, 'cAAAAAAAAAAAAAAAAAAAAA')).toEqual({ kind: 'accepted' })
})

describe('a refusal is understood', () => {
  const rows: [service: 'fcm' | 'apns' | 'webpush', effect: object, outcome: Partial<Outcome>][] = [
    ['fcm', { kind: 'unregistered' }, { kind: 'unregistered' }],
    ['fcm', { kind: 'html', status: 502 }, { kind: 'later' }],
    ['fcm', { kind: 'status', status: 401, reason: 'UNAUTHENTICATED' }, { kind: 'renew' }],
    ['fcm', { kind: 'status', status: 401, reason: 'THIRD_PARTY_AUTH_ERROR' }, { kind: 'misconfigured' }],
    ['fcm', { kind: 'status', status: 403, reason: 'PERMISSION_DENIED' }, { kind: 'misconfigured' }],
    ['fcm', { kind: 'status', status: 403, reason: 'SENDER_ID_MISMATCH' }, { kind: 'unregistered' }],
    ['fcm', { kind: 'status', status: 400, reason: 'BAD_REQUEST' }, { kind: 'refused' }],
    ['fcm', { kind: 'status', status: 429, reason: 'QUOTA_EXCEEDED' }, { kind: 'later', scope: 'device' }],
    ['fcm', { kind: 'status', status: 429, reason: 'RATE_LIMIT_EXCEEDED' }, { kind: 'later', scope: 'credential' }],
    ['fcm', { kind: 'status', status: 503, retry_after: 7 }, { kind: 'later', retryAfterSeconds: 7 }],
    ['apns', { kind: 'unregistered', at: 1_700_000_000_000 }, { kind: 'unregistered', asOfAt: 1_700_000_000_000 }],
    ['apns', { kind: 'html', status: 520 }, { kind: 'later', reason: 'edge_520' }],
    ['apns', { kind: 'status', status: 400, reason: 'BadDeviceToken' }, { kind: 'unregistered' }],
    ['apns', { kind: 'status', status: 403, reason: 'ExpiredProviderToken' }, { kind: 'renew' }],
    ['apns', { kind: 'status', status: 403, reason: 'InvalidProviderToken' }, { kind: 'suspect' }],
    ['apns', { kind: 'status', status: 429, reason: 'TooManyRequests' }, { kind: 'later', scope: 'device' }],
    ['apns', { kind: 'status', status: 503 }, { kind: 'later', schedule: 'apns_server_error' }],
    ['webpush', { kind: 'unregistered' }, { kind: 'unregistered' }],
    ['webpush', { kind: 'html', status: 502 }, { kind: 'later' }],
    ['webpush', { kind: 'status', status: 404 }, { kind: 'unregistered' }],
    ['webpush', { kind: 'status', status: 401 }, { kind: 'misconfigured' }],
    ['webpush', { kind: 'status', status: 413 }, { kind: 'refused' }],
    ['webpush', { kind: 'status', status: 429, retry_after: 9 }, { kind: 'later', retryAfterSeconds: 9 }],
  ]
  test.each(rows)('%s %j', async (service, effect, outcome) => {
    const { id } = await control('POST', '/faults', { service, prefix: '', effect })
    expect(await send[service]()).toMatchObject(outcome)
    await control('DELETE', `/faults/${id}`)
  })

  test('a device token of no grammar is dead for FCM', async () => {
    expect(await send.fcm({}, 'short')).toMatchObject({ kind: 'unregistered' })
  })
})
