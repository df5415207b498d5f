import { createECDH, randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import type { Message } from '../../notification.ts'
import { webPushRequests } from './request.ts'
import { originOf } from './subscription.ts'

const httpEce: { decrypt(body: Buffer, options: object): Buffer } = createRequire(import.meta.url)('http_ece')

const NOW = Date.UTC(2026, 10, 22)
const NOTIFICATION_ID = 'ntf_01kxyz9abcdefghjkmnpqrstvwxyz'

/** A device that can read what it gets. */
function makeDevice(endpoint: string) {
  const privateKey = createECDH('prime256v1')
  const p256dh = privateKey.generateKeys().toString('base64url')
  const auth = randomBytes(16).toString('base64url')
  const value = JSON.stringify({ endpoint, p256dh, auth })
  return {
    target: { deviceId: 'dev_1', address: { kind: 'webpush', value } as const },
    read: (body: string | Uint8Array) => {
      const decrypted = httpEce.decrypt(Buffer.from(body as Uint8Array), {
        version: 'aes128gcm',
        privateKey,
        authSecret: auth,
      })
      return JSON.parse(decrypted.toString())
    },
  }
}

function builder(partial: Partial<Message> = {}) {
  const usual = { data: {}, priority: 'normal', ttlSeconds: 3600, fcm: {}, apns: {}, webpush: {} } as const
  const message: Message = { ...usual, ...partial }
  const times = { now: NOW, expiresAt: NOW + Math.max(message.ttlSeconds * 1000, 60_000) }
  const authorizationFor = (origin: string) => `vapid for ${origin}`
  return webPushRequests({ pushId: NOTIFICATION_ID, pushSequence: null, message, ...times }, { authorizationFor })
}

describe('a request to a Web Push service', () => {
  test('goes to the endpoint with what RFC 8030 asks for', async () => {
    const { target } = makeDevice('https://push.example.net:8443/wp/abc?x=1')
    const request = await builder({ title: 'Hi', priority: 'high', collapseKey: 'match-17' })(target)
    expect(request.url).toBe('https://push.example.net:8443/wp/abc?x=1')
    expect(request.ownHeaders).toBeNull()
    expect(request.sharedHeaders).toEqual({
      authorization: 'vapid for https://push.example.net:8443',
      'content-encoding': 'aes128gcm',
      'content-type': 'application/octet-stream',
      ttl: '3600',
      urgency: 'high',
      topic: 'match-17',
    })
  })

  test('shares its headers with every other of the same origin, and with no other', async () => {
    const build = builder({ title: 'Hi' })
    const [a, b, c] = await Promise.all(
      ['https://a.example/1', 'https://a.example/2', 'https://b.example/1'].map((url) => build(makeDevice(url).target)),
    )
    expect(a!.sharedHeaders).toBe(b!.sharedHeaders)
    expect(c!.sharedHeaders.authorization).toBe('vapid for https://b.example')
  })

  test('is encrypted for its device', async () => {
    const device = makeDevice('https://push.example.net/1')
    const { body } = await builder({
      title: 'Goal!',
      body: '2 : 1',
      image: 'https://example.com/goal.png',
      url: 'https://example.com/match/17',
      data: { match: '17' },
      webpush: { icon: 'https://example.com/icon.png', title: 'Tor!', fanfare_id: 'mine' },
    })(device.target)
    expect(device.read(body)).toEqual({
      title: 'Tor!',
      body: '2 : 1',
      image: 'https://example.com/goal.png',
      url: 'https://example.com/match/17',
      icon: 'https://example.com/icon.png',
      data: { match: '17' },
      fanfare_id: NOTIFICATION_ID,
    })
  })

  test('carries an empty data when there is none', async () => {
    const device = makeDevice('https://push.example.net/1')
    expect(device.read((await builder({ title: 'Hi' })(device.target)).body)).toEqual({
      title: 'Hi',
      data: {},
      fanfare_id: NOTIFICATION_ID,
    })
  })
})

describe('the headers', () => {
  const headersAt = async (endpoint: string, partial: Partial<Message>) =>
    (await builder(partial)(makeDevice(endpoint).target)).sharedHeaders

  test.each([
    ['base64url', 'a'.repeat(32), /^a{32}$/],
    ['too long', 'a'.repeat(33), /^[0-9a-f]{32}$/],
    ['with other characters', 'match/17', /^[0-9a-f]{32}$/],
    ['not ASCII', 'Spiel-17-ü', /^[0-9a-f]{32}$/],
  ])('a collapse key that is %s makes a Topic of at most 32 characters', async (_, collapseKey, topic) => {
    expect((await headersAt('https://push.example.net/1', { collapseKey })).topic).toMatch(topic)
  })

  test('now or never is a TTL of 0, which Microsoft wants to be told twice', async () => {
    const elsewhere = await headersAt('https://push.example.net/1', { ttlSeconds: 0 })
    expect(elsewhere.ttl).toBe('0')
    expect(elsewhere).not.toHaveProperty('x-wns-cache-policy')
    const microsoft = 'https://wns2-par02p.notify.windows.com/w/?token=BQYAAAB'
    expect(await headersAt(microsoft, { ttlSeconds: 0 })).toMatchObject({ ttl: '0', 'x-wns-cache-policy': 'no-cache' })
    expect(await headersAt(microsoft, { ttlSeconds: 1 })).not.toHaveProperty('x-wns-cache-policy')
  })

  test('the TTL shrinks with the time that is left, and never below 0', async () => {
    const usual = { data: {}, priority: 'normal', ttlSeconds: 60, fcm: {}, apns: {}, webpush: {} } as const
    const at = async (now: number) => {
      const context = { pushId: NOTIFICATION_ID, pushSequence: null, message: usual, expiresAt: NOW + 60_000, now }
      const build = webPushRequests(context, { authorizationFor: () => 'vapid' })
      return (await build(makeDevice('https://push.example.net/1').target)).sharedHeaders.ttl
    }
    expect([await at(NOW), await at(NOW + 20_500), await at(NOW + 61_000)]).toEqual(['60', '39', '0'])
  })
})

test('the origin of an endpoint leaves out the default port', () => {
  expect(originOf('https://push.example.net:443/wp/abc')).toBe('https://push.example.net')
  expect(originOf('http://127.0.0.1:8090/wp/abc')).toBe('http://127.0.0.1:8090')
})
