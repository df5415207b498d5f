import { describe, expect, it } from 'vitest'
import type { AuditActor, AuditSource } from './audit-entry.ts'
import { addRefusals, type Refusals, refusalOf, refusalsEntry, refusedName } from './audit-refusals.ts'

const key: AuditActor = { kind: 'key', id: 'key_1', name: 'app', role: 'client', user_id: null }
const device: AuditActor = { kind: 'device', id: 'dev_1', name: null, role: null, user_id: null }
const token: AuditActor = { kind: 'token', id: 'key_1', name: null, role: null, user_id: 'ada' }

function by(actor: AuditActor, ip: string | null = '192.0.2.1', requestId = 'req_1'): AuditSource {
  return { actor, origin: { ip, country: null, asn: null, user_agent: null, request_id: requestId } }
}

function sumOf(...all: Refusals[]): Refusals {
  return all.reduce<Refusals | null>(addRefusals, null)!
}

describe('refused attempts', () => {
  it('are counted by key, and for all devices and all tokens together', () => {
    const refused = [key, device, token].map((actor) => refusalOf(by(actor), 'createKey', 'forbidden').actor)
    expect(refused.map(refusedName)).toEqual(['key key_1', 'device', 'token'])
    expect(refused[2]?.user_id).toBeNull()
  })

  it('add up by call, by code and by address, and keep where the first came from', () => {
    const both = sumOf(
      refusalOf(by(key), 'createKey', 'forbidden'),
      refusalOf(by(key, '203.0.113.9', 'req_2'), 'createKey', 'forbidden'),
      refusalOf(by(key, null, 'req_3'), 'cancelNotification', 'not_found'),
    )
    expect(both.calls).toEqual({ createKey: 2, cancelNotification: 1 })
    expect(both.codes).toEqual({ forbidden: 2, not_found: 1 })
    expect(both.addresses).toEqual({ '192.0.2.1': 1, '203.0.113.9': 1, unknown: 1 })
    expect(both.origin.request_id).toBe('req_1')
  })

  it('from more addresses than somebody reads are counted as others, and none is longer than an address', () => {
    const from = (ip: string) => refusalOf(by(key, ip), 'createKey', 'forbidden')
    const { addresses } = sumOf(...Array.from({ length: 30 }, (_, i) => from(`192.0.2.${i}`)), from('192.0.2.9'))
    expect(Object.keys(addresses)).toHaveLength(11)
    expect([addresses['192.0.2.9'], addresses.others]).toEqual([2, 20])
    expect(Object.keys(from('x'.repeat(5_000)).addresses)).toEqual(['x'.repeat(45)])
    expect(sumOf(from('__proto__'), from('__proto__'), from('constructor')).addresses).toEqual(
      JSON.parse('{ "__proto__": 2, "constructor": 1 }'),
    )
  })

  it('become one entry that says how many there were of what', () => {
    const both = sumOf(refusalOf(by(key), 'createKey', 'forbidden'), refusalOf(by(key), 'createKey', 'not_found'))
    expect(refusalsEntry(both)).toMatchObject({
      action: 'refusedAttempts',
      actor: key,
      outcome: 'refused',
      after: {
        attempts: 2,
        calls: { createKey: 2 },
        codes: { forbidden: 1, not_found: 1 },
        addresses: { '192.0.2.1': 2 },
      },
    })
  })
})
