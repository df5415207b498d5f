import { describe, expect, test } from 'vitest'
import { type Fingerprint, fingerprint, fingerprintHex, murmur3x86x128 } from './fingerprint.ts'

describe('murmur3x86x128', () => {
  test('gives the verification value that SMHasher lists for MurmurHash3 x86_128', () => {
    // SMHasher's VerificationTest: hash {}, {0}, {0, 1}, … under the seeds 256, 255, …, then hash the digests.
    const bytesOf = (words: Fingerprint) =>
      words.flatMap((word) => [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24])
    const digests: number[] = []
    let key = ''
    for (let i = 0; i < 256; i++) {
      const seed = 256 - i
      digests.push(...bytesOf(murmur3x86x128(key, [seed, seed, seed, seed])))
      key += String.fromCharCode(i)
    }
    expect(murmur3x86x128(String.fromCharCode(...digests), [0, 0, 0, 0])[0]).toBe(0xb3ece62a)
  })
})

describe('fingerprint', () => {
  test('is a known value for known text', () => {
    expect(fingerprintHex('The quick brown fox jumps over the lazy dog')).toBe('2f1583c3ecee2c675d7bf66ce5e91d2c')
  })

  test('hashes the UTF-8 bytes of text that is not ASCII', () => {
    expect(fingerprint('Grüße 🎺')).toEqual(fingerprint('Gr\u00fc\u00dfe \u{1f3ba}'))
    const byteString = Buffer.from('Grüße 🎺').toString('latin1')
    expect(fingerprint('Grüße 🎺')).toEqual(murmur3x86x128(byteString, [0, 0, 0, 0]))
  })

  test('depends on the seed', () => {
    expect(fingerprint('a', fingerprint('b'))).not.toEqual(fingerprint('a', fingerprint('c')))
  })
})
