import { describe, expect, it } from 'vitest'
import { countMix, demoDevice, FATES } from './mix.ts'

describe('the mix of the demo', () => {
  const counts = countMix(20_000)
  const total = (platform: 'fcm' | 'apns' | 'webpush') => Object.values(counts[platform]).reduce((a, b) => a + b, 0)

  it('is the same in every run', () => {
    expect(demoDevice(4_711)).toEqual(demoDevice(4_711))
  })

  it('is about half FCM, a third APNs and the rest Web Push', () => {
    expect(total('fcm') / 20_000).toBeCloseTo(0.5, 1)
    expect(total('apns') / 20_000).toBeCloseTo(0.35, 1)
    expect(total('webpush') / 20_000).toBeCloseTo(0.15, 1)
    expect(total('fcm') + total('apns') + total('webpush')).toBe(20_000)
  })

  it('has a few per cent of trouble on every platform', () => {
    for (const platform of ['fcm', 'apns', 'webpush'] as const) {
      const healthy = counts[platform].healthy / total(platform)
      expect(healthy).toBeGreaterThan(0.9)
      expect(healthy).toBeLessThan(0.96)
      for (const fate of FATES) expect(counts[platform][fate]).toBeGreaterThan(0)
    }
  })

  it('has users with one and with two devices', () => {
    const users = [0, 1, 2, 3, 4].map((index) => demoDevice(index).userId)
    expect(users).toEqual(['user-1', 'user-2', 'user-3', 'user-3', 'user-4'])
  })
})
