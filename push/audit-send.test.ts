import { describe, expect, it } from 'vitest'
import type { AuditSource } from './audit-entry.ts'
import { sendEntry } from './audit-send.ts'
import type { Audience, Send } from './notification.ts'

const by: AuditSource = {
  actor: { kind: 'key', id: 'key_1', name: 'backend', role: 'sender', user_id: null },
  origin: { ip: '192.0.2.1', country: null, asn: null, user_agent: null, request_id: 'req_1' },
}

function entryOf(audience: Audience) {
  const overrides = { fcm: { a: 'fcm-secret' }, apns: {}, webpush: {} }
  const message = { title: 'Hello', body: 'secret', data: { k: 'v' }, priority: 'high', ttlSeconds: 60, ...overrides }
  const send = { audience, message, guarantee: 'at_most_once', ordered: false, sendAt: null } as Send
  return sendEntry({ id: 'ntf_1', createdAt: 0, send }, by)
}

describe('the entry of a send', () => {
  it('says who sent how to whom, and that it was accepted', () => {
    expect(entryOf({ kind: 'topic', topic: 'news' }).entry).toEqual({
      action: 'sendNotification',
      target: 'ntf_1',
      ...by,
      outcome: 'done',
      status: 202,
      code: null,
      before: null,
      after: {
        accepted_at: '1970-01-01T00:00:00.000Z',
        send_at: null,
        to: { topic: 'news' },
        guarantee: 'at_most_once',
        ordered: false,
        priority: 'high',
        ttl_seconds: 60,
        category: null,
        campaign: null,
      },
    })
  })

  it.each<[string, Audience, object]>([
    ['users', { kind: 'users', userIds: ['ada', 'bob'] }, { users: 2 }],
    ['devices', { kind: 'devices', deviceIds: ['dev_1'] }, { devices: 1 }],
  ])('counts %s and names nobody, nor anything that was said', (_what, audience, to) => {
    const { entry } = entryOf(audience)
    expect(entry.after?.to).toEqual(to)
    expect(JSON.stringify(entry)).not.toMatch(/ada|dev_1|Hello|secret/)
  })

  it('has what was said, and whom by name, apart', () => {
    const userIds = Array.from({ length: 200 }, (_, index) => `user-${index}`)
    const { payload } = entryOf({ kind: 'users', userIds })
    expect(payload.message).toMatchObject({
      title: 'Hello',
      body: 'secret',
      data: { k: 'v' },
      fcm: { a: 'fcm-secret' },
    })
    expect(payload.users).toHaveLength(100)
  })

  it('of dead letters that are sent again says of which notification', () => {
    const replay = {
      of: 'ntf_0',
      pushId: 'ntf_0',
      kind: 'shard',
      topic: 'news',
      pieces: [],
      recipients: 3,
      skipped: 0,
    } as const
    expect(entryOf({ kind: 'replay', replay }).entry).toMatchObject({
      action: 'replayDeadLetters',
      after: { to: { dead_letters_of: 'ntf_0', recipients: 3 } },
    })
  })
})
