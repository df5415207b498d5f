import { describe, expect, it } from 'vitest'
import { makeDeviceKey, readDeviceKey } from './device-key.ts'
import { ID_RANDOM_BYTES, makeId } from './ids.ts'

const KEY = Buffer.alloc(32, 7).toString('base64')
const NOW = Date.parse('2026-11-22T12:00:00Z')
const id = <P extends 'app' | 'dev'>(prefix: P, seed: number) =>
  makeId(prefix, NOW, new Uint8Array(ID_RANDOM_BYTES).fill(seed))
const owner = { appId: id('app', 1), deviceId: id('dev', 2) }

describe('a device key', () => {
  it('is the same each time, and tells whose it is without a table', async () => {
    const key = await makeDeviceKey(KEY, owner)
    expect(key).toMatch(/^dk_[0-9a-z]{29}_[0-9a-z]{29}_[\w-]{43}$/)
    expect(await makeDeviceKey(KEY, owner)).toBe(key)
    expect(await readDeviceKey(KEY, key)).toEqual(owner)
  })

  it.each([
    ['of another device', (key: string) => key.replace(owner.deviceId.slice(4), id('dev', 3).slice(4))],
    ['of another app', (key: string) => key.replace(owner.appId.slice(4), id('app', 3).slice(4))],
    [
      'with another last character, also one that decodes to the same bytes',
      (key: string) => key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A'),
    ],
    ['cut short', (key: string) => key.slice(0, -1)],
    ['with something behind it', (key: string) => `${key}=`],
    ['that is empty', () => 'dk_'],
  ])('%s is nobody’s', async (_what, change) => {
    expect(await readDeviceKey(KEY, change(await makeDeviceKey(KEY, owner)))).toBeNull()
  })

  it('made with another master key is nobody’s', async () => {
    const key = await makeDeviceKey(KEY, owner)
    expect(await readDeviceKey(Buffer.alloc(32, 8).toString('base64'), key)).toBeNull()
  })
})
