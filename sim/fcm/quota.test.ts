import { describe, expect, it } from 'vitest'
import { Quota } from './quota.ts'

const NOW = 1_000_000

/** The answers to so many messages at once: the reason of each refusal, or `ok`. */
function send(quota: Quota, count: number, address = 'device', now = NOW): string[] {
  return Array.from({ length: count }, () => quota.take('demo', address, now)?.reason ?? 'ok')
}

describe("FCM's rates", () => {
  it('are off until they are set', () => {
    expect(new Set(send(new Quota(), 1000))).toEqual(new Set(['ok']))
  })

  it('refuse a project that sends too much until a minute after its first message', () => {
    const quota = new Quota()
    quota.set({ projectPerMinute: 2 })
    expect(send(quota, 1)).toEqual(['ok'])
    expect(send(quota, 2, 'other', NOW + 59_000)).toEqual(['ok', 'RATE_LIMIT_EXCEEDED'])
    const refusal = quota.take('demo', 'device', NOW + 59_500)!
    expect([refusal.status, refusal.headers['retry-after']]).toEqual([429, '1'])
    expect(quota.take('other-project', 'device', NOW)).toBeNull()
    expect(send(quota, 3, 'device', NOW + 60_000)).toEqual(['ok', 'ok', 'RATE_LIMIT_EXCEEDED'])
  })

  it('refuse one device and leave the others', () => {
    const quota = new Quota()
    quota.set({ devicePerMinute: 1, devicePerHour: 2 })
    expect(send(quota, 2)).toEqual(['ok', 'QUOTA_EXCEEDED'])
    expect(send(quota, 1, 'other')).toEqual(['ok'])
    expect(send(quota, 1, 'device', NOW + 60_000)).toEqual(['ok'])
    const refusal = quota.take('demo', 'device', NOW + 120_000)!
    expect([refusal.reason, refusal.headers['retry-after']]).toEqual(['QUOTA_EXCEEDED', '3480'])
  })

  it("count refused requests against the project's rate", () => {
    const quota = new Quota()
    quota.set({ projectPerMinute: 2 })
    quota.countRefusal('demo', NOW)
    expect(send(quota, 2)).toEqual(['ok', 'RATE_LIMIT_EXCEEDED'])
  })

  it('end when they are set to nothing', () => {
    const quota = new Quota()
    quota.set({ projectPerMinute: 0 })
    expect(send(quota, 1)).toEqual(['RATE_LIMIT_EXCEEDED'])
    quota.set({})
    expect(send(quota, 1)).toEqual(['ok'])
  })
})
