import { describe, expect, it } from 'vitest'
import type { JsonObject, Message } from './notification.ts'
import { canonicalJson, contentFor } from './read-signed-content.ts'

const FULL = {
  title: 'News',
  body: 'It works',
  image: 'https://a.example/i.png',
  url: 'https://a.example/1',
  data: { a: 'b' },
} as const

function contentOf(
  platform: 'fcm' | 'apns' | 'webpush',
  partial: Partial<Message>,
  pushSequence: number | null = null,
) {
  const message: Message = { data: {}, priority: 'normal', ttlSeconds: 60, fcm: {}, apns: {}, webpush: {}, ...partial }
  return contentFor(platform, { message, pushId: 'ntf_1', pushSequence, now: 0, expiresAt: 0 })
}

describe.each(['fcm', 'apns', 'webpush'] as const)('the content that %s carries', (platform) => {
  it('is what the sender wrote', () => {
    expect(contentOf(platform, FULL, 7)).toEqual({ ...FULL, seq: '7' })
  })

  it('of data alone is its data', () => {
    expect(contentOf(platform, { data: { a: 'b' } })).toEqual({ data: { a: 'b' } })
  })
})

describe('an override', () => {
  it.each<['fcm' | 'apns' | 'webpush', string, JsonObject, object]>([
    ['fcm', 'of the title', { notification: { title: 'Other' } }, { ...FULL, title: 'Other' }],
    ['fcm', 'of data', { data: { c: 'd' } }, { ...FULL, data: { a: 'b', c: 'd' } }],
    ['fcm', 'of how it looks', { android: { notification: { color: '#ff0000' } } }, FULL],
    ['apns', 'of the title', { aps: { alert: { title: 'Other' } } }, { ...FULL, title: 'Other' }],
    ['apns', 'of the alert by a text', { aps: { alert: 'All' } }, { ...FULL, title: undefined, body: 'All' }],
    ['apns', 'of data', { c: 'd' }, { ...FULL, data: { a: 'b', c: 'd' } }],
    ['apns', 'that adds what is no text', { c: { d: 1 }, n: 1 }, FULL],
    ['apns', 'of how it sounds', { aps: { sound: 'bell', 'thread-id': 't' } }, FULL],
    ['apns', 'that uses a reserved key', { 'google.c.a.e': '1' }, FULL],
    ['webpush', 'of the title', { title: 'Other' }, { ...FULL, title: 'Other' }],
    ['webpush', 'of the browser’s options', { tag: 't', icon: '/i' }, { ...FULL, options: '{"icon":"/i","tag":"t"}' }],
    ['webpush', 'that fakes marks', { fanfare_sig: 'x', fanfare_unsubscribe: 'x' }, FULL],
  ])('for %s %s is covered as the device sees it', (platform, _, override, content) => {
    const { title, ...rest } = content as { title?: string }
    expect(contentOf(platform, { ...FULL, [platform]: override })).toEqual(title === undefined ? rest : content)
  })
})

describe('canonical JSON', () => {
  it.each([
    ['{"b":1,"a":[true,null,"x"]}', '{"a":[true,null,"x"],"b":1}'],
    ['{"10":1,"9":2,"é":{"z":1,"y":2}}', '{"10":1,"9":2,"é":{"y":2,"z":1}}'],
    ['{"n":1.0,"m":1e3,"s":"\\u0041\\n"}', '{"m":1000,"n":1,"s":"A\\n"}'],
  ])('of %s is RFC 8785', (text, canonical) => {
    expect(canonicalJson(JSON.parse(text))).toBe(canonical)
  })
})
