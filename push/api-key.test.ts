import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { API_KEY_RANDOM_BYTES, hashApiKey, isApiKey, makeApiKey } from './api-key.ts'
import { ROLES } from './roles.ts'

const random = () => crypto.getRandomValues(new Uint8Array(API_KEY_RANDOM_BYTES))

describe('an API key', () => {
  it.each(ROLES)('of role %s is recognised, and shows by its prefix whether it is public', (role) => {
    const key = makeApiKey(role, random())
    expect(key).toMatch(role === 'client' ? /^pk_[0-9A-Za-z]{38}$/ : /^sk_[0-9A-Za-z]{38}$/)
    expect(isApiKey(key)).toBe(true)
  })

  it('ends with the CRC-32 of what is before, so that anybody can check it', () => {
    const key = makeApiKey('admin', new Uint8Array(API_KEY_RANDOM_BYTES))
    const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
    const checksum = [...key.slice(-6)].reduce((sum, char) => sum * 62 + alphabet.indexOf(char), 0)
    expect(checksum).toBe(crc32(key.slice(0, -6)))
  })

  it('with any one character changed is not one', () => {
    const key = makeApiKey('sender', random())
    for (let i = 0; i < key.length; i++) {
      const other = key[i] === 'a' ? 'b' : 'a'
      expect(isApiKey(key.slice(0, i) + other + key.slice(i + 1))).toBe(false)
    }
  })

  it.each(['', 'sk_', 'sk_short', `sk_${'0'.repeat(38)}`, `xk_${'0'.repeat(38)}`])('is not %j', (text) => {
    expect(isApiKey(text)).toBe(false)
  })

  it('is made of bytes that favour no character, and refuses to be made of too few', () => {
    expect(() => makeApiKey('admin', new Uint8Array(API_KEY_RANDOM_BYTES).fill(255))).toThrow(RangeError)
  })

  it('is stored as SHA-256 in hex', async () => {
    expect(await hashApiKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
})
