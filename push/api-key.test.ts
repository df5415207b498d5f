import { describe, expect, it } from 'vitest'
import { isApiKey, makeApiKey } from './api-key.ts'
import { KEY_RANDOM_BYTES } from './key-text.ts'
import { ROLES } from './roles.ts'

const random = () => crypto.getRandomValues(new Uint8Array(KEY_RANDOM_BYTES))

describe('an API key', () => {
  it.each(ROLES)('of role %s is recognised, and shows by its prefix whether it is public', (role) => {
    const key = makeApiKey(role, random())
    expect(key).toMatch(role === 'client' ? /^pk_[0-9A-Za-z]{38}$/ : /^sk_[0-9A-Za-z]{38}$/)
    expect(isApiKey(key)).toBe(true)
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
})
