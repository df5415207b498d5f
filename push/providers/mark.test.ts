import { describe, expect, it } from 'vitest'
import type { Message } from '../notification.ts'
import { buildApnsPayload } from './apns/payload.ts'
import { apnsRequests } from './apns/request.ts'
import { buildFcmMessage } from './fcm/payload.ts'
import { fcmRequests } from './fcm/request.ts'
import { buildWebPushPayload } from './webpush/payload.ts'

const PUSH_ID = `ntf_${'0'.repeat(29)}`
const SEQUENCE = 1_795_000_000_000

const faked = { fanfare_id: 'mine', fanfare_seq: 1, fanfare_sig: 'mine', fanfare_unsubscribe: 'mine' }
const message: Message = {
  title: 'Hello',
  data: {},
  priority: 'normal',
  ttlSeconds: 60,
  fcm: { data: { ...faked, fanfare_seq: '1' } },
  apns: faked,
  webpush: faked,
}

function marksOf(service: string, pushSequence: number | null): unknown[] {
  const push = { pushId: PUSH_ID, pushSequence }
  const builders: Record<string, () => Record<string, unknown>> = {
    apns: () => buildApnsPayload(message, push),
    webpush: () => buildWebPushPayload(message, push),
    fcm: () => buildFcmMessage({ message, ...push, now: 0, expiresAt: 0 }).data as Record<string, unknown>,
  }
  const { fanfare_id: id, fanfare_seq: sequence, fanfare_sig, fanfare_unsubscribe } = builders[service]!()
  return [id, sequence, fanfare_sig, fanfare_unsubscribe]
}

describe('the marks of a push', () => {
  it.each([
    ['fcm', String(SEQUENCE)],
    ['apns', SEQUENCE],
    ['webpush', SEQUENCE],
  ])('are in the payload for %s, and an override cannot change or fake them', (service, sequence) => {
    expect(marksOf(service, SEQUENCE)).toEqual([PUSH_ID, sequence, undefined, undefined])
    expect(marksOf(service, null)).toEqual([PUSH_ID, undefined, undefined, undefined])
  })
})

describe('what is a device’s own', () => {
  const own = { fanfare_sig: 'a.b.c', fanfare_unsubscribe: 'https://push.example/"' }
  const context = { message, pushId: PUSH_ID, pushSequence: null, now: 0, expiresAt: 0 }

  it('is added beside the other marks, and nothing else changes', () => {
    const fcm = fcmRequests(context, { baseUrl: '', projectId: 'p', accessToken: '' })
    const apns = apnsRequests(context, { baseUrl: '', bundleId: 'b', providerToken: '' })
    const to = { deviceId: 'dev_1', address: { kind: 'fcm_token', value: 'x' } } as const
    const bodies = [fcm, apns].map((build) => [build(to), build({ ...to, ownMarks: own })])
    const [[plainFcm, ownFcm], [plainApns, ownApns]] = bodies.map((pair) =>
      pair.map(({ body }) => JSON.parse(body as string)),
    ) as [[Fcm, Fcm], [object, object]]
    expect(ownApns).toEqual({ ...plainApns, ...own })
    const { data } = plainFcm.message
    expect(ownFcm).toEqual({ message: { ...plainFcm.message, data: { ...data, ...own } } })
  })
})

interface Fcm {
  readonly message: { readonly data: object }
}
