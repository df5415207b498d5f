import { describe, expect, it } from 'vitest'
import { isApiKey, isPublicKey, makeApiKey } from './api-key.ts'
import { KEY_RANDOM_BYTES } from './key-text.ts'

const random = () => crypto.getRandomValues(new Uint8Array(KEY_RANDOM_BYTES))

describe('an API key', () => {
  it.each([true, false])('is recognised, and shows by its prefix whether it is public: %s', (isPublic) => {
    const key = makeApiKey(isPublic, random())
    expect(key).toMatch(isPublic ? /^pk_[0-9A-Za-z]{38}$/ : /^sk_[0-9A-Za-z]{38}$/)
    expect([isApiKey(key), isPublicKey(key)]).toEqual([true, isPublic])
  })

  it('with any one character changed is not one', () => {
    const key = makeApiKey(false, random())
    for (let i = 0; i < key.length; i++) {
      const other = key[i] === 'a' ? 'b' : 'a'
      expect(isApiKey(key.slice(0, i) + other + key.slice(i + 1))).toBe(false)
    }
  })

  it.each(['', 'sk_', 'sk_short', `sk_${'0'.repeat(38)}`, `xk_${'0'.repeat(38)}`])('is not %j', (text) => {
    expect(isApiKey(text)).toBe(false)
  })
})
