import { describe, expect, test } from 'vitest'
import { parseDeviceToken, parseSubscription } from './address.ts'
import { parseAllowedHosts } from './outbound-url.ts'

/** RFC 8291 Appendix A. */
const P256DH = 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'
const AUTH = 'BTBZMqHH6r4Tts7J_aSIgg'
const ENDPOINT = 'https://updates.push.services.mozilla.com/wpush/v2/gAAAAAB'
const nobody = parseAllowedHosts('')

describe('FCM', () => {
  const token = `cN1yb5mQT0e:APA91bF${'x'.repeat(120)}`

  test.each([
    ['a registration token', token, 'fcm_token'],
    ['the shortest', 'a'.repeat(16), 'fcm_token'],
    ['the longest', 'a'.repeat(4096), 'fcm_token'],
    ['a Firebase installation id', 'cA-_567890123456789012', 'fcm_fid'],
    ['22 characters that no installation id begins with', 'zA-_567890123456789012', 'fcm_token'],
    ['22 characters with a colon', 'cA-_56789012345678901:', 'fcm_token'],
  ])('%s is taken as it is', (_, value, kind) => {
    expect(parseDeviceToken('fcm', value)).toEqual({ ok: true, address: { kind, value } })
  })

  test.each([
    ['nothing', ''],
    ['too short', 'a'.repeat(15)],
    ['too long', 'a'.repeat(4097)],
    ['a space', `${token} `],
    ['a line feed at the end', `${token}\n`],
    ['a slash', `${token}/`],
    ['a plus sign', `${token}+`],
    ['letters of another alphabet', `${token}ä`],
    ['an Expo token', 'ExponentPushToken[xxxxxxxxxxxxxxxxxxxxxx]'],
  ])('%s is refused and the field is named', (_, value) => {
    expect(parseDeviceToken('fcm', value)).toMatchObject({
      ok: false,
      problem: { code: 'invalid_device_token', param: '/token' },
    })
  })
})

describe('APNs', () => {
  test.each([
    ['32 bytes', '0123456789abcdef'.repeat(4)],
    ['80 bytes, as simulators give', '0123456789abcdef'.repeat(10)],
    ['100 bytes', 'ab'.repeat(100)],
  ])('%s are taken', (_, value) => {
    expect(parseDeviceToken('apns', value)).toEqual({ ok: true, address: { kind: 'apns', value } })
  })

  test('upper case is the same device token', () => {
    expect(parseDeviceToken('apns', 'ABCDEF01'.repeat(8))).toEqual(parseDeviceToken('apns', 'abcdef01'.repeat(8)))
  })

  test.each([
    ['nothing', ''],
    ['62 digits', 'ab'.repeat(31)],
    ['an odd number of digits', `${'ab'.repeat(32)}a`],
    ['202 digits', 'ab'.repeat(101)],
    ['another alphabet', 'xy'.repeat(32)],
    ['the description of NSData', `<${'abcdef01 '.repeat(8).trim()}>`],
    ['a line feed at the end', `${'ab'.repeat(32)}\n`],
    ['a path', `${'ab'.repeat(32)}/../x`],
  ])('%s is refused and the field is named', (_, value) => {
    expect(parseDeviceToken('apns', value)).toMatchObject({
      ok: false,
      problem: { code: 'invalid_device_token', param: '/token' },
    })
  })
})

describe('Web Push', () => {
  const address = {
    kind: 'webpush',
    value: `{"endpoint":"${ENDPOINT}","p256dh":"${P256DH}","auth":"${AUTH}"}`,
  }

  test('a subscription is taken, its keys in a fixed order', () => {
    const keys = { auth: AUTH, p256dh: P256DH }
    expect(parseSubscription({ keys, endpoint: ENDPOINT }, nobody)).toEqual({ ok: true, address })
  })

  test('padding and stray trailing bits make no other subscription', () => {
    const keys = { p256dh: `${P256DH}=`, auth: `${AUTH.slice(0, -1)}h==` }
    expect(parseSubscription({ endpoint: ENDPOINT, keys }, nobody)).toEqual({ ok: true, address })
  })

  test.each([
    ['/subscription/endpoint', 'endpoint_not_allowed', 'http', { endpoint: 'http://push.services.mozilla.com/x' }],
    ['/subscription/endpoint', 'endpoint_not_allowed', 'a stranger', { endpoint: 'https://example.com/x' }],
    ['/subscription/keys/p256dh', 'invalid_subscription', 'nothing', { p256dh: '' }],
    ['/subscription/keys/p256dh', 'invalid_subscription', 'base64', { p256dh: P256DH.replaceAll('_', '/') }],
    ['/subscription/keys/p256dh', 'invalid_subscription', 'a space', { p256dh: `${P256DH} ` }],
    ['/subscription/keys/p256dh', 'invalid_subscription', 'half a byte', { p256dh: P256DH.slice(0, 85) }],
    ['/subscription/keys/p256dh', 'invalid_subscription', 'too short', { p256dh: P256DH.slice(0, 80) }],
    ['/subscription/keys/p256dh', 'invalid_subscription', 'too long', { p256dh: `${P256DH}AAAA` }],
    ['/subscription/keys/p256dh', 'invalid_subscription', 'off the curve', { p256dh: P256DH.replace('CVx', 'CVy') }],
    ['/subscription/keys/auth', 'invalid_subscription', 'nothing', { auth: '' }],
    ['/subscription/keys/auth', 'invalid_subscription', '15 bytes', { auth: AUTH.slice(0, 20) }],
    ['/subscription/keys/auth', 'invalid_subscription', '17 bytes', { auth: `${AUTH}A` }],
    ['/subscription/keys/auth', 'invalid_subscription', 'three pads', { auth: `${AUTH}===` }],
  ])('%s is named (%s: %s)', (param, code, _, wrong: { endpoint?: string; p256dh?: string; auth?: string }) => {
    const { endpoint = ENDPOINT, p256dh = P256DH, auth = AUTH } = wrong
    const parsed = parseSubscription({ endpoint, keys: { p256dh, auth } }, nobody)
    expect(parsed).toMatchObject({ ok: false, problem: { code, param } })
  })
})
