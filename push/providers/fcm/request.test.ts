import { describe, expect, test } from 'vitest'
import type { Message } from '../../notification.ts'
import { fcmRequests } from './request.ts'

const NOW = Date.UTC(2026, 10, 22)
const NOTIFICATION_ID = 'ntf_01kxyz9abcdefghjkmnpqrstvwxyz'
const SENDER = { baseUrl: 'https://fcm.googleapis.com', projectId: 'demo-project', accessToken: 'ya29.x' }
const TARGET = {
  deviceId: 'dev_1',
  address: { kind: 'fcm_token', value: 'bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1' },
} as const

function message(partial: Partial<Message> = {}): Message {
  return { data: {}, priority: 'normal', ttlSeconds: 3600, fcm: {}, apns: {}, webpush: {}, ...partial }
}

function builder(partial: Partial<Message> = {}) {
  const built = message(partial)
  const context = {
    pushId: NOTIFICATION_ID,
    pushSequence: null,
    message: built,
    now: NOW,
    expiresAt: NOW + Math.max(built.ttlSeconds * 1000, 60_000),
  }
  return fcmRequests(context, SENDER)
}

/** The message as FCM reads it. */
function sent(
  partial: Partial<Message> = {},
  address: { kind: 'fcm_token' | 'fcm_fid'; value: string } = TARGET.address,
) {
  return JSON.parse(builder(partial)({ ...TARGET, address }).body as string).message
}

describe('a request to FCM', () => {
  test('goes to the project, with the access token', () => {
    const request = builder()(TARGET)
    expect(request.url).toBe('https://fcm.googleapis.com/v1/projects/demo-project/messages:send')
    expect(request.sharedHeaders).toEqual({ authorization: 'Bearer ya29.x', 'content-type': 'application/json' })
    expect(request.ownHeaders).toBeNull()
  })

  test('shares its headers with the rest of the ticket', () => {
    const build = builder()
    expect(build(TARGET).sharedHeaders).toBe(build({ ...TARGET, deviceId: 'dev_2' }).sharedHeaders)
  })

  test('has exactly one target, by the kind of address', () => {
    expect(sent()).toMatchObject({ token: TARGET.address.value })
    const toFid = sent({}, { kind: 'fcm_fid', value: 'dQw4w9WgXcQ0123456789a' })
    expect(toFid).toMatchObject({ fid: 'dQw4w9WgXcQ0123456789a' })
    expect(toFid).not.toHaveProperty('token')
  })

  test('survives a token that needs escaping', () => {
    expect(sent({}, { kind: 'fcm_token', value: 'a"b\\c' }).token).toBe('a"b\\c')
  })
})

describe('what FCM is told', () => {
  test('of a message with everything', () => {
    const everything = sent({
      title: 'Goal!',
      body: '2 : 1',
      image: 'https://example.com/goal.png',
      url: 'https://example.com/match/17',
      data: { match: '17' },
      priority: 'high',
      collapseKey: 'match-17',
      badge: 3,
      sound: 'default',
    })
    expect(everything).toEqual({
      token: TARGET.address.value,
      notification: { title: 'Goal!', body: '2 : 1', image: 'https://example.com/goal.png' },
      data: { match: '17', fanfare_url: 'https://example.com/match/17', fanfare_id: NOTIFICATION_ID },
      android: {
        priority: 'HIGH',
        ttl: '3600s',
        collapse_key: 'match-17',
        notification: { tag: 'match-17', sound: 'default', notification_count: 3 },
      },
      apns: {
        headers: {
          'apns-priority': '10',
          'apns-expiration': String(NOW / 1000 + 3600),
          'apns-collapse-id': 'match-17',
        },
        payload: { aps: { badge: 3, sound: 'default', 'mutable-content': 1 } },
      },
      webpush: {
        headers: { TTL: '3600', Urgency: 'high', Topic: 'match-17' },
        fcm_options: { link: 'https://example.com/match/17' },
      },
    })
  })

  test('of data alone: nothing to show, and priority 5 for iOS however high it is', () => {
    expect(sent({ data: { a: '1' }, priority: 'high' })).toEqual({
      token: TARGET.address.value,
      data: { a: '1', fanfare_id: NOTIFICATION_ID },
      android: { priority: 'HIGH', ttl: '3600s' },
      apns: {
        headers: { 'apns-priority': '5', 'apns-expiration': String(NOW / 1000 + 3600) },
        payload: { aps: { 'content-available': 1 } },
      },
      webpush: { headers: { TTL: '3600', Urgency: 'high' } },
    })
  })

  test('of a title alone: no collapse key and no tag that nobody asked for', () => {
    const { android, apns } = sent({ title: 'Hi' })
    expect(android).toEqual({ priority: 'NORMAL', ttl: '3600s' })
    expect(apns).toEqual({ headers: { 'apns-priority': '5', 'apns-expiration': String(NOW / 1000 + 3600) } })
  })

  test('of now or never', () => {
    const { android, apns, webpush } = sent({ title: 'Hi', ttlSeconds: 0 })
    expect([android.ttl, apns.headers['apns-expiration'], webpush.headers.TTL]).toEqual(['0s', '0', '0'])
  })

  test('never of a ttl above four weeks', () => {
    expect(sent({ ttlSeconds: 3_000_000 }).android.ttl).toBe('2419200s')
  })

  test('of a link only when it is https', () => {
    expect(sent({ title: 'Hi', url: 'myapp://match/17' })).toMatchObject({ data: { fanfare_url: 'myapp://match/17' } })
    expect(sent({ title: 'Hi', url: 'myapp://match/17' }).webpush).not.toHaveProperty('fcm_options')
  })
})

describe("the caller's override", () => {
  test('is merged deep and has the last word', () => {
    const { android, notification } = sent({
      title: 'Hi',
      sound: 'default',
      fcm: { android: { ttl: '5s', notification: { channel_id: 'goals' } }, notification: { body: 'More' } },
    })
    expect(android).toMatchObject({
      ttl: '5s',
      priority: 'NORMAL',
      notification: { sound: 'default', channel_id: 'goals' },
    })
    expect(notification).toEqual({ title: 'Hi', body: 'More' })
  })

  test('may be written in camelCase, and no field is there twice', () => {
    const { android, fcm_options, webpush } = sent({
      collapseKey: 'a',
      fcm: {
        android: { collapseKey: 'b', restrictedPackageName: 'com.example' },
        fcmOptions: { analyticsLabel: 'x' },
        webpush: { notification: { requireInteraction: true }, fcmOptions: { link: 'https://example.com' } },
      },
    })
    expect(android).toMatchObject({ collapse_key: 'b', restricted_package_name: 'com.example' })
    expect(android).not.toHaveProperty('collapseKey')
    expect(fcm_options).toEqual({ analytics_label: 'x' })
    expect(webpush).toMatchObject({
      notification: { requireInteraction: true },
      fcm_options: { link: 'https://example.com' },
    })
  })

  test('leaves keys alone that are not fields of the API', () => {
    const { data, apns } = sent({ fcm: { data: { camelCase: '1' }, apns: { payload: { myKey: { inThere: 1 } } } } })
    expect(data).toMatchObject({ camelCase: '1' })
    expect(apns.payload).toMatchObject({ myKey: { inThere: 1 } })
  })

  test('can neither choose the target nor change our id', () => {
    const redirected = sent({
      fcm: { topic: 'all', condition: 'x', fid: 'y', token: 'z', data: { fanfare_id: 'mine', k: 'v' } },
    })
    expect(redirected).toMatchObject({ token: TARGET.address.value, data: { k: 'v', fanfare_id: NOTIFICATION_ID } })
    for (const field of ['topic', 'condition', 'fid']) expect(redirected).not.toHaveProperty(field)
  })
})
