import { describe, expect, test } from 'vitest'
import { SIGNATURE_CHARACTERS } from './message-signature.ts'
import type { Message } from './notification.ts'
import { findOversize } from './payload-limits.ts'
import { sampleUnsubscribeUrl } from './unsubscribe-link.ts'

function message(partial: Partial<Message> = {}): Message {
  return { data: {}, priority: 'normal', ttlSeconds: 60, fcm: {}, apns: {}, webpush: {}, ...partial }
}

const OFFER = { topic: 'news~%41', publicUrl: 'https://push.example' }

/** Bytes of our id's entry: `fanfare_id` and `ntf_` with 29 characters. */
const FCM_ID_BYTES = 10 + 33

describe('findOversize', () => {
  test('a usual message fits everywhere', () => {
    expect(findOversize(message({ title: 'Goal!', body: 'It is 2 to 1.', data: { match: '17' } }), false)).toBeNull()
  })

  test('FCM counts keys and values, ours included', () => {
    const fits = 'x'.repeat(4096 - FCM_ID_BYTES - 'k'.length - 'apscontent-available1'.length)
    expect(findOversize(message({ data: { k: fits } }), false, ['fcm'])).toBeNull()
    expect(findOversize(message({ data: { k: `${fits}x` } }), false, ['fcm'])).toEqual({
      service: 'fcm',
      bytes: 4097,
      limitBytes: 4096,
      overBytes: 1,
    })
  })

  test('APNs counts the JSON', () => {
    const empty = `{"aps":{"content-available":1},"k":"","fanfare_id":"ntf_${'0'.repeat(29)}"}`.length
    const fits = 'x'.repeat(4096 - empty)
    expect(findOversize(message({ data: { k: fits } }), false, ['apns'])).toBeNull()
    expect(findOversize(message({ data: { k: `${fits}xx` } }), false, ['apns'])).toMatchObject({
      bytes: 4098,
      overBytes: 2,
    })
  })

  test.each([
    ['fcm', 'fanfare_seq1795000000000'.length],
    ['apns', ',"fanfare_seq":1795000000000'.length],
    ['webpush', ',"fanfare_seq":1795000000000'.length],
  ] as const)('the number of an ordered push counts too, for %s', (service, bytes) => {
    const large = message({ data: { k: 'x'.repeat(5000) } })
    const [plain, ordered] = [findOversize(large, false, [service]), findOversize(large, true, [service])]
    expect(ordered!.bytes - plain!.bytes).toBe(bytes)
  })

  test('Web Push counts the JSON before encryption', () => {
    const empty = `{"title":"","data":{},"fanfare_id":"ntf_${'0'.repeat(29)}"}`.length
    const fits = 'x'.repeat(3993 - empty)
    expect(findOversize(message({ title: fits }), false, ['webpush'])).toBeNull()
    expect(findOversize(message({ title: `${fits}x` }), false, ['webpush'])).toMatchObject({
      limitBytes: 3993,
      overBytes: 1,
    })
  })

  test('bytes are counted, not characters', () => {
    expect(findOversize(message({ body: 'é'.repeat(1900) }), false)).toBeNull()
    expect(findOversize(message({ body: 'é'.repeat(2000) }), false)).toMatchObject({ service: 'webpush' })
    expect(findOversize(message({ body: '🎺'.repeat(1100) }), false, ['fcm'])).toMatchObject({
      overBytes: 4 * 1100 + 4 + 43 - 4096,
    })
  })

  test('the overrides of a service count for it', () => {
    const big = 'x'.repeat(4200)
    expect(findOversize(message({ apns: { note: big } }), false)).toMatchObject({ service: 'apns' })
    expect(findOversize(message({ webpush: { icon: big } }), false)).toMatchObject({ service: 'webpush' })
    expect(findOversize(message({ fcm: { android: { data: { k: big } } } }), false)).toMatchObject({ service: 'fcm' })
  })

  test('of several services the one that is exceeded most is named', () => {
    const found = findOversize(message({ data: { k: 'x'.repeat(5000) } }), false)
    expect(found?.service).toBe('webpush')
    expect(found?.overBytes).toBeGreaterThan(1000)
  })

  test.each([
    ['fcm', 'fanfare_sig'.length + SIGNATURE_CHARACTERS],
    ['apns', ',"fanfare_sig":""'.length + SIGNATURE_CHARACTERS],
    ['webpush', ',"fanfare_sig":""'.length + SIGNATURE_CHARACTERS],
  ] as const)('of an app that signs, %s carries the signature too', (service, more) => {
    const large = message({ data: { k: 'x'.repeat(5000) }, fcm: { notification: { title: 'T' } } })
    const [plain, signed] = [large, { ...large, signed: true }].map((one) => findOversize(one, false, [service]))
    expect(signed!.bytes - plain!.bytes).toBe(more)
  })

  test('and where it offers to leave the topic, the link too', () => {
    const large = message({ data: { k: 'x'.repeat(5000) }, signed: true })
    const [without, withLink] = [large, { ...large, unsubscribe: OFFER }].map((one) =>
      findOversize(one, false, ['fcm']),
    )
    const url = sampleUnsubscribeUrl(OFFER)
    expect(withLink!.bytes - without!.bytes).toBe('fanfare_unsubscribe'.length + url.length)
  })
})
