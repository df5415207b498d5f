import { hkdfSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { deriveKeyBytes, MasterKeyError, masterKeysOf, parseMasterKey } from './master-key.ts'

const BYTES = Buffer.from(Array.from({ length: 32 }, (_, i) => 0xff - i * 3))

describe('the master key', () => {
  it.each([
    ['base64', BYTES.toString('base64')],
    ['base64url', BYTES.toString('base64url')],
    ['base64 with the line break that a shell adds', `${BYTES.toString('base64')}\n`],
  ])('may be in %s', (_what, text) => {
    expect(Buffer.from(parseMasterKey(text))).toEqual(BYTES)
  })

  it.each([
    ['nothing', ''],
    ['hex', BYTES.toString('hex')],
    ['31 bytes', BYTES.subarray(1).toString('base64')],
    ['a passphrase', 'correct horse battery staple'],
    ['a length that base64 cannot have', 'A'.repeat(45)],
  ])('may not be %s', (_what, text) => {
    expect(() => parseMasterKey(text)).toThrow(MasterKeyError)
  })

  it('is never used itself: each purpose and each app has a key of its own, by HKDF', async () => {
    const text = BYTES.toString('base64')
    const derived = Buffer.from(await deriveKeyBytes(text, 'device key v1', 'app_1'))
    expect(derived).toEqual(Buffer.from(hkdfSync('sha256', BYTES, '', 'fanfare device key v1\0app_1', 32)))
    const others = await Promise.all([
      deriveKeyBytes(text, 'device key v1', 'app_2'),
      deriveKeyBytes(text, 'sealing v2', 'app_1'),
      deriveKeyBytes(text, 'credential encryption v1', ''),
    ])
    const all = [BYTES, derived, ...others].map((key) => Buffer.from(key).toString('hex'))
    expect(new Set(all).size).toBe(5)
  })
})

describe('the master keys', () => {
  const KEY = BYTES.toString('base64')
  const older = (seed: number) => Buffer.alloc(32, seed).toString('base64')

  it.each([
    ['there is one', undefined, [KEY]],
    ['there was none before', '', [KEY]],
    ['there was one before', older(1), [KEY, older(1)]],
    ['there were several', `${older(1)},${older(2)},`, [KEY, older(1), older(2)]],
  ])('begin with the one that seals, when %s', (_when, previous, expected) => {
    expect(masterKeysOf({ CREDENTIALS_KEY: KEY, CREDENTIALS_KEY_PREVIOUS: previous })).toEqual(expected)
  })

  it.each([
    ['CREDENTIALS_KEY', undefined, ''],
    ['CREDENTIALS_KEY', 'short', older(1)],
    ['CREDENTIALS_KEY_PREVIOUS', KEY, `${older(1)},short`],
  ])('are none when %s is wrong, and say which', (name, key, previous) => {
    const read = () => masterKeysOf({ CREDENTIALS_KEY: key, CREDENTIALS_KEY_PREVIOUS: previous })
    expect(read).toThrow(MasterKeyError)
    expect(read).toThrow(`${name} must be`)
  })
})
