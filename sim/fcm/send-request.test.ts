import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import type { Headers } from '../exchange.ts'
import { AccessTokens } from './access-tokens.ts'
import type { Refusal } from './errors.ts'
import { judgeSend } from './send-request.ts'

const NOW = Date.UTC(2026, 10, 22)
const MESSAGING = 'https://www.googleapis.com/auth/firebase.messaging'
const DEVICE_TOKEN = `eXampLe_Token-1:APA91b${'x'.repeat(120)}`
const INSTALLATION_ID = 'cAAAAAAAAAAAAAAAAAAAAA'

const accessTokens = new AccessTokens()
const accessToken = accessTokens.issue(
  { projectId: 'demo', scopes: new Set([MESSAGING]), expiresAt: NOW + 3_599_000 },
  NOW,
)

function judge(body: unknown, how: { authorization?: string; projectId?: string; now?: number } = {}) {
  const { authorization = `Bearer ${accessToken}`, projectId = 'demo', now = NOW } = how
  const headers: Headers = authorization === '' ? {} : { authorization }
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return judgeSend(projectId, headers, Buffer.from(text), accessTokens, now)
}

/** A message to one device with these fields. */
function message(fields: Record<string, unknown> = {}) {
  return { message: { token: DEVICE_TOKEN, ...fields } }
}

interface Answer {
  readonly code: number
  readonly message: string
  readonly status: string
  readonly details?: readonly Record<string, unknown>[]
}

function refusalOf(verdict: ReturnType<typeof judge>): Refusal {
  if (verdict.ok) throw new Error('it was accepted')
  return verdict.refusal
}

function errorOf(verdict: ReturnType<typeof judge>): Answer {
  const { status, body } = refusalOf(verdict)
  const { error } = JSON.parse(body) as { error: Answer }
  expect(error.code).toBe(status)
  return error
}

function detail(error: Answer, type: string): Record<string, unknown> | undefined {
  return error.details?.find((candidate) => candidate['@type'] === `type.googleapis.com/google.${type}`)
}

describe('a send that Google accepts', () => {
  it.each([
    { name: 'a token', body: message(), address: DEVICE_TOKEN },
    { name: 'an installation id', body: { message: { fid: INSTALLATION_ID } }, address: INSTALLATION_ID },
    { name: 'a topic', body: { message: { topic: 'news-1~%' } }, address: '/topics/news-1~%' },
    { name: 'a condition', body: { message: { condition: "'a' in topics" } }, address: "'a' in topics" },
    { name: 'a target beside one that is null', body: message({ topic: null }), address: DEVICE_TOKEN },
  ])('may go to $name', ({ body, address }) => {
    expect(judge(body)).toMatchObject({ ok: true, target: { address }, validateOnly: false })
  })

  it.each([
    { name: 'snake case', fields: { android: { collapse_key: 'k', direct_boot_ok: true }, fcm_options: {} } },
    { name: 'camel case', fields: { android: { collapseKey: 'k', directBootOk: true }, fcmOptions: {} } },
    { name: 'a priority in lower case', fields: { android: { priority: 'high' } } },
    { name: 'no TTL at all', fields: { android: { ttl: '0s' } } },
    { name: 'a TTL of four weeks', fields: { android: { ttl: '2419200s' } } },
    { name: 'a TTL with decimals', fields: { android: { ttl: '3.500000001s' } } },
    { name: 'a count as text', fields: { android: { notification: { notification_count: '3' } } } },
    {
      name: 'any APNs payload',
      fields: { apns: { payload: { aps: { alert: 'a', badge: 1 }, own: [1, { a: null }] } } },
    },
    { name: 'any web notification', fields: { webpush: { notification: { title: 'a', actions: [{}] } } } },
    { name: 'an https link', fields: { webpush: { fcm_options: { link: 'https://example.com' } } } },
    { name: 'an analytics label', fields: { fcm_options: { analytics_label: 'a-_.~%1' } } },
    { name: 'the data key collapse_key', fields: { data: { collapse_key: 'x', gcm_x: 'y', fromage: 'z' } } },
    { name: '4,096 bytes of keys and values', fields: { data: { kk: 'x'.repeat(4094) } } },
    { name: '4,096 bytes of two-byte letters', fields: { data: { kk: 'ü'.repeat(2047) } } },
  ])('may have $name', ({ fields }) => {
    expect(judge(message(fields)).ok).toBe(true)
  })

  it.each(['validate_only', 'validateOnly'])('is only checked with %s', (name) => {
    expect(judge({ ...message(), [name]: true })).toMatchObject({ ok: true, validateOnly: true })
  })

  it('names the notification in its data', () => {
    expect(judge(message({ data: { fanfare_id: 'ntf_1' } }))).toMatchObject({ fanfareId: 'ntf_1' })
    expect(judge(message())).toMatchObject({ fanfareId: null })
  })

  it('takes the word Bearer in any case', () => {
    expect(judge(message(), { authorization: `bearer ${accessToken}` }).ok).toBe(true)
  })
})

describe('the access token', () => {
  it.each([
    { name: 'is missing', how: { authorization: '' }, reason: 'CREDENTIALS_MISSING' },
    { name: 'is unknown', how: { authorization: 'Bearer ya29.other' }, reason: 'ACCESS_TOKEN_EXPIRED' },
    { name: 'is no bearer', how: { authorization: `Basic ${accessToken}` }, reason: 'ACCESS_TOKEN_EXPIRED' },
    { name: 'has expired', how: { now: NOW + 3_600_000 }, reason: 'ACCESS_TOKEN_EXPIRED' },
  ])('is refused with 401 and without an FCM code when it $name', ({ how, reason }) => {
    const verdict = judge(message(), how)
    const error = errorOf(verdict)
    expect(error).toMatchObject({ code: 401, status: 'UNAUTHENTICATED' })
    expect(detail(error, 'rpc.ErrorInfo')).toMatchObject({ reason })
    expect(detail(error, 'firebase.fcm.v1.FcmError')).toBeUndefined()
    expect(refusalOf(verdict).headers['www-authenticate']).toContain('Bearer')
  })

  it('is refused with 403 for another project', () => {
    const error = errorOf(judge(message(), { projectId: 'other' }))
    expect(error).toMatchObject({ code: 403, status: 'PERMISSION_DENIED' })
    expect(error.message).toContain('cloudmessaging.messages.create')
  })

  it('is refused with 403 without a scope for messaging', () => {
    const scopes = new Set(['https://www.googleapis.com/auth/userinfo.email'])
    const narrow = accessTokens.issue({ projectId: 'demo', scopes, expiresAt: NOW + 1000 }, NOW)
    const error = errorOf(judge(message(), { authorization: `Bearer ${narrow}` }))
    expect(error).toMatchObject({ code: 403, message: 'Request had insufficient authentication scopes.' })
  })

  it('is judged before the body', () => {
    expect(errorOf(judge('{', { authorization: 'Bearer no' })).code).toBe(401)
  })

  it('is good for nothing once revoked', () => {
    const own = new AccessTokens()
    const revoked = own.issue({ projectId: 'demo', scopes: new Set([MESSAGING]), expiresAt: NOW + 1000 }, NOW)
    expect(own.find(`Bearer ${revoked}`, NOW)).not.toBeNull()
    own.revokeAll()
    expect(own.find(`Bearer ${revoked}`, NOW)).toBeNull()
  })
})

describe('JSON that does not fit is refused with BadRequest alone', () => {
  it.each([
    { fields: { data: { a: 12 } }, field: 'message.data[0].value', text: '(TYPE_STRING), 12' },
    { fields: { data: { a: 'x', b: true } }, field: 'message.data[1].value', text: '(TYPE_STRING), true' },
    { fields: { android: { data: { a: null } } }, field: 'message.android.data[0].value', text: '(TYPE_STRING), null' },
    { fields: { data: [] }, field: 'message.data', text: '(TYPE_MESSAGE)' },
    { fields: { token: 7 }, field: 'message.token', text: '(TYPE_STRING), 7' },
    { fields: { colour: 'red' }, field: 'message', text: `Unknown name "colour" at 'message': Cannot find field.` },
    { fields: { android: { ttl: 60 } }, field: 'message.android.ttl', text: 'Duration' },
    { fields: { android: { ttl: '60' } }, field: 'message.android.ttl', text: 'Duration' },
    { fields: { android: { ttl: '1h' } }, field: 'message.android.ttl', text: 'Duration' },
    { fields: { android: { priority: 'urgent' } }, field: 'message.android.priority', text: 'AndroidMessagePriority' },
    { fields: { android: { directBootOk: 'yes' } }, field: 'message.android.direct_boot_ok', text: 'TYPE_BOOL' },
    {
      fields: { android: { notification: { title_loc_args: ['a', 1] } } },
      field: 'message.android.notification.title_loc_args[1]',
      text: 'TYPE_STRING',
    },
    { fields: { apns: { payload: 'x' } }, field: 'message.apns.payload', text: 'Struct' },
    { fields: { apns: { headers: { 'apns-priority': 10 } } }, field: 'message.apns.headers[0].value', text: '10' },
    { fields: { topic: 'news' }, field: 'message', text: "oneof field 'target' is already set. Cannot set 'topic'" },
    { fields: { fid: INSTALLATION_ID }, field: 'message', text: "Cannot set 'fid'" },
  ])('$field: $text', ({ fields, field, text }) => {
    const error = errorOf(judge(message(fields)))
    expect(error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' })
    expect(error.message).toContain(text)
    expect(error.details).toHaveLength(1)
    expect(detail(error, 'rpc.BadRequest')).toMatchObject({ fieldViolations: [{ field, description: error.message }] })
  })

  it.each(['', '{', 'null?', '{"message":'])('says so of %j', (body) => {
    expect(errorOf(judge(body)).message).toContain('Invalid JSON payload received.')
  })

  it.each([[[]], ['"text"'], [{ massage: {} }]])('says so of the whole request %j', (body) => {
    expect(errorOf(judge(body))).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' })
  })
})

describe("what FCM itself refuses carries FCM's code", () => {
  it.each([
    { name: 'no target', body: { message: { data: { a: 'b' } } }, field: 'message' },
    { name: 'no message', body: {}, field: 'message' },
    { name: 'a broken FID', body: { message: { fid: 'x' } }, field: 'message.fid' },
    { name: 'a topic with its prefix', body: { message: { topic: '/topics/news' } }, field: 'message.topic' },
    { name: 'a broken condition', body: { message: { condition: 'news' } }, field: 'message.condition' },
    { name: 'the data key from', body: message({ data: { from: 'x' } }), field: 'message.data' },
    { name: 'the data key message_type', body: message({ data: { message_type: 'x' } }), field: 'message.data' },
    { name: 'a data key of Google', body: message({ data: { 'google.x': 'x' } }), field: 'message.data' },
    { name: 'a data key of GCM', body: message({ data: { 'gcm.notification.x': 'x' } }), field: 'message.data' },
    {
      name: 'a reserved key for Android',
      body: message({ android: { data: { from: 'x' } } }),
      field: 'message.android.data',
    },
    {
      name: 'a reserved key for the web',
      body: message({ webpush: { data: { gcm: 'x' } } }),
      field: 'message.webpush.data',
    },
    { name: 'a TTL above four weeks', body: message({ android: { ttl: '2419201s' } }), field: 'message.android.ttl' },
    { name: 'a negative TTL', body: message({ android: { ttl: '-1s' } }), field: 'message.android.ttl' },
    {
      name: 'a link without https',
      body: message({ webpush: { fcmOptions: { link: 'http://example.com' } } }),
      field: 'message.webpush.fcm_options.link',
    },
    {
      name: 'an analytics label with a space',
      body: message({ apns: { fcm_options: { analytics_label: 'a b' } } }),
      field: 'message.apns.fcm_options.analytics_label',
    },
  ])('$name', ({ body, field }) => {
    const error = errorOf(judge(body))
    expect(error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' })
    expect(detail(error, 'firebase.fcm.v1.FcmError')).toMatchObject({ errorCode: 'INVALID_ARGUMENT' })
    expect(detail(error, 'rpc.BadRequest')).toMatchObject({ fieldViolations: [{ field }] })
  })

  it.each(['short', 'with a space in the middle', 'x'.repeat(4097)])('a registration token like %j', (token) => {
    const error = errorOf(judge({ message: { token } }))
    expect(error.message).toBe('The registration token is not a valid FCM registration token')
    expect(detail(error, 'firebase.fcm.v1.FcmError')).toMatchObject({ errorCode: 'INVALID_ARGUMENT' })
  })
})

describe('a payload that is too big is refused without any detail', () => {
  const long = (bytes: number) => 'x'.repeat(bytes)
  it.each([
    { name: 'data', fields: { data: { kk: long(4095) } } },
    { name: 'two-byte letters', fields: { data: { kk: 'ü'.repeat(2048) } } },
    { name: 'data and notification together', fields: { data: { a: long(3000) }, notification: { body: long(1100) } } },
    { name: 'data and what Android adds', fields: { data: { a: long(3000) }, android: { data: { b: long(1100) } } } },
    { name: 'an APNs payload', fields: { apns: { payload: { aps: { alert: long(4100) } } } } },
  ])('$name', ({ fields }) => {
    const verdict = judge(message(fields))
    const error = errorOf(verdict)
    expect(error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT', message: 'Android message is too big' })
    expect(error.details).toBeUndefined()
    expect(verdict).toMatchObject({ address: DEVICE_TOKEN })
  })

  it('does not add up what different platforms get', () => {
    const fields = { android: { data: { a: long(3000) } }, webpush: { data: { a: long(3000) } } }
    expect(judge(message(fields)).ok).toBe(true)
  })

  it('is 2,048 bytes for a topic', () => {
    expect(judge({ message: { topic: 'news', data: { kk: long(2046) } } }).ok).toBe(true)
    expect(judge({ message: { topic: 'news', data: { kk: long(2047) } } }).ok).toBe(false)
  })
})
