import { describe, expect, test } from 'vitest'
import type { Message } from '../../notification.ts'
import { apnsRequests } from './request.ts'

const NOW = Date.UTC(2026, 10, 22)
const NOTIFICATION_ID = 'ntf_01kxyz9abcdefghjkmnpqrstvwxyz'
const SENDER = { baseUrl: 'https://api.push.apple.com', bundleId: 'com.example.app', providerToken: 'a.b.c' }
const TARGET = { deviceId: 'dev_1', address: { kind: 'apns', value: 'ab'.repeat(32) } } as const

function builder(partial: Partial<Message> = {}) {
  const usual = { data: {}, priority: 'normal', ttlSeconds: 3600, fcm: {}, apns: {}, webpush: {} } as const
  const message: Message = { ...usual, ...partial }
  const times = { now: NOW, expiresAt: NOW + Math.max(message.ttlSeconds * 1000, 60_000) }
  return apnsRequests({ pushId: NOTIFICATION_ID, pushSequence: null, message, ...times }, SENDER)
}

const payload = (partial: Partial<Message>) => JSON.parse(builder(partial)(TARGET).body as string)
const headers = (partial: Partial<Message>) => builder(partial)(TARGET).sharedHeaders

describe('a request to APNs', () => {
  test('names the device in its path and carries the usual headers', () => {
    const request = builder({ title: 'Hi' })(TARGET)
    expect(request.url).toBe(`https://api.push.apple.com/3/device/${TARGET.address.value}`)
    expect(request.sharedHeaders).toEqual({
      authorization: 'bearer a.b.c',
      'content-type': 'application/json',
      'apns-topic': 'com.example.app',
      'apns-push-type': 'alert',
      'apns-priority': '5',
      'apns-expiration': String(NOW / 1000 + 3600),
    })
  })

  test('shares headers and body with the rest of the ticket, and has an id of its own', () => {
    const build = builder({ title: 'Hi' })
    const [a, b] = [build(TARGET), build({ ...TARGET, deviceId: 'dev_2' })]
    expect(a.sharedHeaders).toBe(b.sharedHeaders)
    expect(a.body).toBe(b.body)
    expect(a.ownHeaders).not.toEqual(b.ownHeaders)
  })

  test('has the same id in every attempt', () => {
    expect(builder({ title: 'Hi' })(TARGET).ownHeaders).toEqual(builder({ title: 'Other' })(TARGET).ownHeaders)
  })
})

describe('the payload', () => {
  test('has our keys beside aps', () => {
    const everything: Partial<Message> = {
      title: 'Goal!',
      body: '2 : 1',
      image: 'https://example.com/goal.png',
      url: 'myapp://match/17',
      data: { match: '17' },
      badge: 0,
      sound: 'default',
    }
    expect(payload(everything)).toEqual({
      aps: { alert: { title: 'Goal!', body: '2 : 1' }, badge: 0, sound: 'default', 'mutable-content': 1 },
      match: '17',
      fanfare_url: 'myapp://match/17',
      fanfare_image: 'https://example.com/goal.png',
      fanfare_id: NOTIFICATION_ID,
    })
  })

  test('only wakes the app when there is nothing to show or hear', () => {
    expect(payload({ data: { a: '1' } })).toEqual({
      aps: { 'content-available': 1 },
      a: '1',
      fanfare_id: NOTIFICATION_ID,
    })
  })

  test('takes the override, but for our id', () => {
    const apns = { aps: { alert: { subtitle: 'Cup' }, sound: null, 'thread-id': 't' }, custom: 1, fanfare_id: 'mine' }
    expect(payload({ title: 'Goal!', sound: 'default', apns })).toEqual({
      aps: { alert: { title: 'Goal!', subtitle: 'Cup' }, 'thread-id': 't' },
      custom: 1,
      fanfare_id: NOTIFICATION_ID,
    })
  })

  test('keeps an aps whatever the override makes of it', () => {
    expect(payload({ title: 'Goal!', apns: { aps: 'gone' } }).aps).toEqual({ 'content-available': 1 })
  })
})

describe('push type, topic and priority', () => {
  const activity = { aps: { event: 'update', 'content-state': { score: '2:1' }, timestamp: 1 } }
  const rows: [name: string, message: Partial<Message>, pushType: string, topic: string, priority: string][] = [
    ['an alert', { title: 'Hi' }, 'alert', 'com.example.app', '5'],
    ['an urgent alert', { title: 'Hi', priority: 'high' }, 'alert', 'com.example.app', '10'],
    ['a badge alone', { badge: 1, priority: 'high' }, 'alert', 'com.example.app', '10'],
    ['a sound alone', { sound: 'default', priority: 'high' }, 'alert', 'com.example.app', '10'],
    ['data alone', { data: { a: '1' } }, 'background', 'com.example.app', '5'],
    ['urgent data alone: 10 would be an error', { priority: 'high' }, 'background', 'com.example.app', '5'],
    [
      'an alert of the override',
      { apns: { aps: { alert: 'Hi' } }, priority: 'high' },
      'alert',
      'com.example.app',
      '10',
    ],
    [
      'a Live Activity',
      { apns: activity, priority: 'high' },
      'liveactivity',
      'com.example.app.push-type.liveactivity',
      '10',
    ],
  ]
  test.each(rows)('%s', (_, message, pushType, topic, priority) => {
    expect(headers(message)).toMatchObject({
      'apns-push-type': pushType,
      'apns-topic': topic,
      'apns-priority': priority,
    })
  })
})

describe('expiration and replacement', () => {
  test('now or never is 0', () => {
    expect(headers({ ttlSeconds: 0 })['apns-expiration']).toBe('0')
  })

  test.each([
    ['a short key is the collapse id', 'match-17', 'match-17'],
    ['64 bytes are the most', 'k'.repeat(64), 'k'.repeat(64)],
  ])('%s', (_, collapseKey, collapseId) => {
    expect(headers({ collapseKey })['apns-collapse-id']).toBe(collapseId)
  })

  test.each([
    ['too long', 'k'.repeat(65)],
    ['too many bytes', 'é'.repeat(40)],
    ['no text for a header', 'a\r\nb'],
    ['with a space', 'match 17'],
  ])('a key that is %s becomes its fingerprint, always the same', (_, collapseKey) => {
    const collapseId = headers({ collapseKey })['apns-collapse-id']
    expect(collapseId).toMatch(/^[0-9a-f]{32}$/)
    expect(headers({ collapseKey })['apns-collapse-id']).toBe(collapseId)
    expect(headers({ collapseKey: `${collapseKey}x` })['apns-collapse-id']).not.toBe(collapseId)
  })

  test('there is no collapse id that nobody asked for', () => {
    expect(headers({ title: 'Hi' })).not.toHaveProperty('apns-collapse-id')
  })
})
