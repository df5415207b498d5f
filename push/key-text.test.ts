import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { hasChecksum, hashKey, KEY_RANDOM_BYTES, randomCharacters, withChecksum } from './key-text.ts'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

describe('the checksum of a key', () => {
  it.each(['', 'sk_', 'dk_a_b_0_c', 'root_0000'])(
    'of %j is the CRC-32 of zip in base 62, so that anybody can check it',
    (text) => {
      const checksum = [...withChecksum(text).slice(-6)].reduce((sum, char) => sum * 62 + ALPHABET.indexOf(char), 0)
      expect(checksum).toBe(crc32(text))
      expect(hasChecksum(withChecksum(text))).toBe(true)
    },
  )

  it('does not fit a text of which any one character was changed, or one that was cut', () => {
    const text = withChecksum('root_abcdefgh')
    for (let i = 0; i < text.length; i++) {
      expect(hasChecksum(text.slice(0, i) + (text[i] === 'a' ? 'b' : 'a') + text.slice(i + 1))).toBe(false)
    }
    expect(hasChecksum(text.slice(0, -1))).toBe(false)
    expect(hasChecksum('')).toBe(false)
  })
})

describe('the characters of a key', () => {
  const filledWith = (byte: number) => randomCharacters(new Uint8Array(KEY_RANDOM_BYTES).fill(byte))

  it('are 32 of base 62, none of them likelier than another', () => {
    const bytes = Array.from({ length: 248 }, (_, byte) => byte)
    const byCharacter = Map.groupBy(bytes, (byte) => filledWith(byte)[0]!)
    expect([...byCharacter.keys()].join('')).toBe(ALPHABET)
    expect([...byCharacter.values()].every(({ length }) => length === 4)).toBe(true)
    expect(filledWith(0)).toBe('0'.repeat(32))
  })

  it('are not made of too few bytes that may be used', () => {
    expect(() => filledWith(248)).toThrow(RangeError)
  })
})

it('is kept as SHA-256 in hex', async () => {
  expect(await hashKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
