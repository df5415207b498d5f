/** What a push may carry: overrides that may not say everything, and limits that count what is really sent. */
import { beforeAll, describe, expect, it } from 'vitest'
import { call, makeApp } from './calling.ts'

let app: Awaited<ReturnType<typeof makeApp>>

beforeAll(async () => {
  app = await makeApp()
})

/** Nobody is subscribed, and nothing is sent. */
const send = (message: object) => {
  return call('POST', '/v1/notifications', { bearer: app.sender, body: { to: { topic: 'payloads' }, ...message } })
}

describe('an override', () => {
  it.each([
    ['a number in data', { fcm: { data: { a: 'b', n: 1 } } }, 'validation_failed', '/fcm/data/n'],
    ['an object in data', { fcm: { data: { o: {} } } }, 'validation_failed', '/fcm/data/o'],
    ['data that is a list', { fcm: { data: ['a'] } }, 'validation_failed', '/fcm/data'],
    ['data that is text', { fcm: { android: { data: 'a' } } }, 'validation_failed', '/fcm/android/data'],
    [
      'a number in data for Android',
      { fcm: { android: { data: { n: 1 } } } },
      'validation_failed',
      '/fcm/android/data/n',
    ],
    [
      'a flag in data for the web',
      { fcm: { webpush: { data: { b: true } } } },
      'validation_failed',
      '/fcm/webpush/data/b',
    ],
    ['a reserved key', { fcm: { data: { from: 'x' } } }, 'reserved_data_key', '/fcm/data/from'],
    [
      'a key of Google’s',
      { fcm: { android: { data: { 'google.a/b': 'x' } } } },
      'reserved_data_key',
      '/fcm/android/data/google.a~1b',
    ],
    [
      'a key of ours',
      { fcm: { webpush: { data: { fanfare_id: 'x' } } } },
      'reserved_data_key',
      '/fcm/webpush/data/fanfare_id',
    ],
    ['a device token', { fcm: { token: 'x' } }, 'validation_failed', '/fcm/token'],
    ['an installation id', { fcm: { fid: 'x' } }, 'validation_failed', '/fcm/fid'],
    ['a topic', { fcm: { topic: 'x' } }, 'validation_failed', '/fcm/topic'],
    ['a condition', { fcm: { condition: "'a' in topics" } }, 'validation_failed', '/fcm/condition'],
    ['an aps that is no object', { apns: { aps: 'x' } }, 'validation_failed', '/apns/aps'],
  ])('may not have %s', async (_what, override, code, param) => {
    const { status, body } = await send({ title: 'Hello', ...override })
    expect([status, body.code, body.param]).toEqual([400, code, param])
  })

  it.each([
    ['takes an entry of data away', { data: { k: 'v' }, fcm: { data: { k: null } } }],
    ['takes all data away', { data: { k: 'v' }, fcm: { data: null, android: null } }],
    ['takes the alert away', { title: 'x', apns: { aps: null } }],
    ['gives Web Push data of any kind', { webpush: { data: { from: 1, nested: [{}] } } }],
  ])('%s', async (_what, message) => {
    expect((await send(message)).status).toBe(202)
  })
})

describe('the limit of a push service', () => {
  /** What says how long a text may be, and for which service it is then too long by one byte. */
  const GROWING: readonly [string, string, (text: string) => object][] = [
    ['a title', 'webpush', (title) => ({ title })],
    ['data', 'webpush', (k) => ({ data: { k } })],
    ['data for FCM alone', 'fcm', (k) => ({ fcm: { data: { k } } })],
    ['a payload for APNs alone', 'apns', (k) => ({ apns: { k } })],
    ['a payload for Web Push alone', 'webpush', (k) => ({ webpush: { k } })],
    ['data for FCM’s browsers alone', 'fcm', (k) => ({ fcm: { webpush: { data: { k } } } })],
  ]

  it.each(GROWING)('is found to the byte in %s, and said', async (_what, service, messageWith) => {
    const { body } = await send(messageWith('x'.repeat(5000)))
    const { code, detail } = body
    expect(code).toBe('payload_too_large')
    const [, named, bytes, limit, over] =
      /^Built for (\w+), .* (\d+) bytes; .* is (\d+)\. .* by (\d+) bytes/.exec(detail) ?? []
    expect(named).toBe(service)
    expect(Number(bytes) - Number(limit)).toBe(Number(over))
    const fitting = 5000 - Number(over)
    expect((await send(messageWith('x'.repeat(fitting)))).status).toBe(202)
    const oneMore = await send(messageWith('x'.repeat(fitting + 1)))
    expect(oneMore.body.detail).toContain(`Built for ${service}`)
    expect(oneMore.body.detail).toContain('by 1 bytes')
    // The same number of bytes in fewer characters.
    const emoji = '😀'.repeat(Math.floor(fitting / 4))
    expect((await send(messageWith(emoji))).status).toBe(202)
    expect((await send(messageWith(`${emoji}😀`))).body.code).toBe('payload_too_large')
  })

  it('counts what JSON makes of a character', async () => {
    expect((await send({ apns: { k: 'x'.repeat(3000) } })).status).toBe(202)
    expect((await send({ apns: { k: '"'.repeat(3000) } })).body.detail).toContain('Built for apns')
    expect((await send({ apns: { k: '\u0001'.repeat(1000) } })).body.detail).toContain('Built for apns')
  })
})

describe('a number or an address that a device could not take', () => {
  it.each([
    ['badge', 2_147_483_648],
    ['image', 'https:example.com/a.png'],
    ['image', 'https:/example.com/a.png'],
    ['image', 'https:\\\\example.com\\a.png'],
    ['image', 'https://example.com/a b.png'],
    ['image', ' https://example.com/a.png'],
    ['image', 'data:image/png;base64,AAAA'],
    ['url', 'https://'],
    ['url', '//example.com'],
    ['url', '/article'],
    ['url', 'https://example.com/\n'],
    ['url', `https://example.com/${'x'.repeat(2048)}`],
  ])('%s %j', async (field, value) => {
    const { status, body } = await send({ [field]: value })
    expect([status, body.code, body.param]).toEqual([400, 'validation_failed', `/${field}`])
  })
})
