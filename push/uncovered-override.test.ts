import { describe, expect, it } from 'vitest'
import type { JsonObject } from './notification.ts'
import { findUncovered } from './uncovered-override.ts'

describe('an override for FCM', () => {
  it.each<[JsonObject, string | null]>([
    [{}, null],
    [{ notification: { title: 'T' }, data: { a: 'b' } }, null],
    [{ android: { notification: { color: '#fff', channel_id: 'c' } } }, null],
    [{ apns: { headers: { 'apns-priority': '5' }, payload: { aps: { sound: 'bell' } } } }, null],
    [{ webpush: { headers: { Urgency: 'low' }, fcm_options: { link: 'https://a.example' } } }, null],
    [{ android: { data: null } }, null],
    [{ android: { data: { a: 'b' } } }, 'android/data'],
    [{ android: { notification: { title: 'T' } } }, 'android/notification/title'],
    [{ android: { notification: { body: 'B' } } }, 'android/notification/body'],
    [{ android: { notification: { image: 'https://a.example' } } }, 'android/notification/image'],
    [{ apns: { payload: { aps: { alert: { title: 'T' } } } } }, 'apns/payload/aps/alert'],
    [{ apns: { payload: { aps: {}, mine: 'x' } } }, 'apns/payload/mine'],
    [{ apns: { fcmOptions: { image: 'https://a.example' } } }, 'apns/fcm_options/image'],
    [{ webpush: { data: { a: 'b' } } }, 'webpush/data'],
    [{ webpush: { notification: { title: 'T' } } }, 'webpush/notification'],
  ])('%j shows what the signature does not cover: %s', (override, path) => {
    expect(findUncovered(override)?.join('/') ?? null).toBe(path)
  })
})
