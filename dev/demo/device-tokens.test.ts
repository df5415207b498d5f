import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { parseDeviceToken } from '../../push/address.ts'
import { apnsToken, fcmToken, TOKEN_RANDOM_BYTES } from './device-tokens.ts'
import { addressPrefix } from './faults.ts'
import { FATES } from './mix.ts'

it.each(FATES)('the device tokens of a %s device are well-formed and say so at the beginning', (fate) => {
  const random = randomBytes(TOKEN_RANDOM_BYTES)
  const fcm = fcmToken(addressPrefix('fcm', fate), random)
  const apns = apnsToken(addressPrefix('apns', fate), random)
  expect(parseDeviceToken('fcm', fcm)).toEqual({ ok: true, address: { kind: 'fcm_token', value: fcm } })
  expect(parseDeviceToken('apns', apns)).toEqual({ ok: true, address: { kind: 'apns', value: apns } })
  expect(fcm.startsWith(addressPrefix('fcm', fate))).toBe(true)
  expect(apns.startsWith(addressPrefix('apns', fate))).toBe(true)
})
