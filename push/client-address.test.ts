import { describe, expect, it } from 'vitest'
import { addressSubject } from './client-address.ts'

describe('an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
  ])('%s counts as %s', (address, subject) => {
    expect(addressSubject(address)).toBe(subject)
  })

  it.each([null, '', '127.0.0.1', '127.255.0.3', '::1', '::ffff:127.0.0.1'])('%s is not counted', (address) => {
    expect(addressSubject(address)).toBeNull()
  })

  it.each(['x', '1::2::3', '2001:db8:1', '203.0.113.7, 10.0.0.1', '::ffff:127.0.0.1.evil'])(
    '%s is no address, and counts together with all others that are none',
    (text) => {
      expect(addressSubject(text)).toBe('unreadable')
    },
  )
})
