import { describe, expect, it } from 'vitest'
import type { AuditActor } from './audit-entry.ts'
import { addRefusals, type Refusals, refusalsEntry, refusedActor, refusedName } from './audit-refusals.ts'

const key: AuditActor = { kind: 'key', id: 'key_1', name: 'app', role: 'client', user_id: null }
const device: AuditActor = { kind: 'device', id: 'dev_1', name: null, role: null, user_id: null }
const token: AuditActor = { kind: 'token', id: null, name: null, role: null, user_id: 'ada' }

function refusals(calls: Record<string, number>, requestId = 'req_1'): Refusals {
  const origin = { ip: '192.0.2.1', country: null, asn: null, user_agent: null, request_id: requestId }
  return { actor: key, origin, calls }
}

describe('refused attempts', () => {
  it('are counted by key, and for all devices and all tokens together', () => {
    expect([key, device, token].map((actor) => refusedName(refusedActor(actor)))).toEqual([
      'key key_1',
      'device',
      'token',
    ])
    expect(refusedActor(token).user_id).toBeNull()
  })

  it('add up by call, and keep where the first came from', () => {
    const both = addRefusals(
      addRefusals(null, refusals({ createKey: 2 })),
      refusals({ createKey: 3, sendNotification: 1 }, 'req_2'),
    )
    expect(both.calls).toEqual({ createKey: 5, sendNotification: 1 })
    expect(both.origin.request_id).toBe('req_1')
  })

  it('become one entry that says how many there were of what', () => {
    expect(refusalsEntry(refusals({ createKey: 5, sendNotification: 1 }))).toMatchObject({
      action: 'refusedAttempts',
      actor: key,
      outcome: 'refused',
      after: { attempts: 6, calls: { createKey: 5, sendNotification: 1 } },
    })
  })
})
