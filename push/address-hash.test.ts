import { expect, it } from 'vitest'
import { hashAddress } from './address-hash.ts'

it('is frozen: stored devices are found by it', async () => {
  expect(await hashAddress({ kind: 'apns', value: '00ff' })).toBe('BWps_Ae9mM-QgiCId4zWtAN5MpxvpchzR4MeV7fIcGs')
})

it('tells equal values of two kinds apart', async () => {
  const value = 'a'.repeat(64)
  expect(await hashAddress({ kind: 'fcm_token', value })).not.toBe(await hashAddress({ kind: 'fcm_fid', value }))
})
