import { describe, expect, it } from 'vitest'
import type { Arrival } from '../../sim/inbox.ts'
import { findDifference } from './copies.ts'
import type { PushService } from './simulators.ts'

const HEADERS = { 'apns-id': 'a', 'apns-collapse-id': 'c', topic: 't' }

function copy(rest: Partial<Arrival> = {}): Arrival {
  const payload = { android: { collapse_key: 'c' } }
  return { at: 1, status: 200, accepted: true, message_id: 'ntf_1', headers: HEADERS, payload, ...rest }
}

describe('copies of a push', () => {
  it.each<PushService>(['fcm', 'apns', 'webpush'])('of %s are told by the same names', (service) => {
    expect(findDifference(service, [copy(), copy({ at: 2 })])).toBeNull()
  })

  it.each<[PushService, Partial<Arrival>, string]>([
    ['fcm', { message_id: 'ntf_2' }, 'fanfare_id differs: ntf_1, ntf_2'],
    ['fcm', { message_id: null }, 'fanfare_id is missing'],
    ['fcm', { payload: { android: { collapse_key: 'd' } } }, 'collapse_key differs: c, d'],
    ['fcm', { payload: {} }, 'collapse_key is missing'],
    ['apns', { headers: { ...HEADERS, 'apns-id': 'b' } }, 'apns-id differs: a, b'],
    ['apns', { headers: { 'apns-id': 'a' } }, 'apns-collapse-id is missing'],
    ['webpush', { headers: {} }, 'Topic is missing'],
  ])('of %s are not when %o', (service, other, difference) => {
    expect(findDifference(service, [copy(), copy(other)])).toBe(difference)
  })
})
