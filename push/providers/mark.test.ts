import { describe, expect, it } from 'vitest'
import type { Message } from '../notification.ts'
import { buildApnsPayload } from './apns/payload.ts'
import { buildFcmMessage } from './fcm/payload.ts'
import { buildWebPushPayload } from './webpush/payload.ts'

const PUSH_ID = `ntf_${'0'.repeat(29)}`
const SEQUENCE = 1_795_000_000_000

const faked = { fanfare_id: 'mine', fanfare_seq: 1 }
const message: Message = {
  title: 'Hello',
  data: {},
  priority: 'normal',
  ttlSeconds: 60,
  fcm: { data: { fanfare_id: 'mine', fanfare_seq: '1' } },
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
  const { fanfare_id: id, fanfare_seq: sequence } = builders[service]!()
  return [id, sequence]
}

describe('the marks of a push', () => {
  it.each([
    ['fcm', String(SEQUENCE)],
    ['apns', SEQUENCE],
    ['webpush', SEQUENCE],
  ])('are in the payload for %s, and an override cannot change or fake them', (service, sequence) => {
    expect(marksOf(service, SEQUENCE)).toEqual([PUSH_ID, sequence])
    expect(marksOf(service, null)).toEqual([PUSH_ID, undefined])
  })
})
