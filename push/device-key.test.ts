import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { derivedDeviceSecret, isDeviceKey, makeDeviceKey, parseDeviceKey } from './device-key.ts'
import { ID_RANDOM_BYTES, makeId } from './ids.ts'
import { hasChecksum } from './key-text.ts'

const SECRET = Buffer.alloc(32, 7).toString('base64url')
const NOW = Date.parse('2026-11-22T12:00:00Z')
const id = <P extends 'app' | 'dev'>(prefix: P, seed: number) =>
  makeId(prefix, NOW, new Uint8Array(ID_RANDOM_BYTES).fill(seed))
const claim = { appId: id('app', 1), deviceId: id('dev', 2), generation: 0 }

/** As an isolate reads it. */
async function isOurs(text: string, secret = SECRET): Promise<boolean> {
  const claimed = parseDeviceKey(text)
  return claimed !== null && (await isDeviceKey(secret, claimed, text))
}

describe('a device key', () => {
  it.each([0, 1, 123_456_789])('of generation %i is the same each time, and tells whose it is', async (generation) => {
    const key = await makeDeviceKey(SECRET, { ...claim, generation })
    expect(key).toMatch(/^dk_[0-9a-z]{29}_[0-9a-z]{29}_\d+_[\w-]{43}[0-9A-Za-z]{6}$/)
    expect(hasChecksum(key)).toBe(true)
    expect(await makeDeviceKey(SECRET, { ...claim, generation })).toBe(key)
    expect(parseDeviceKey(key)).toEqual({ ...claim, generation })
    expect(await isOurs(key)).toBe(true)
  })

  it('with any one character changed, or cut, is refused before any secret is asked for', async () => {
    const key = await makeDeviceKey(SECRET, claim)
    for (let i = 0; i < key.length; i++) {
      expect(parseDeviceKey(key.slice(0, i) + (key[i] === 'a' ? 'b' : 'a') + key.slice(i + 1))).toBeNull()
    }
    expect([key.slice(0, -1), `${key}=`, 'dk_', ''].map(parseDeviceKey)).toEqual([null, null, null, null])
  })

  it.each([
    ['device', { deviceId: id('dev', 3) }],
    ['app', { appId: id('app', 3) }],
    ['generation', { generation: 1 }],
  ])('of another %s is not this one', async (_what, other) => {
    const theirs = await makeDeviceKey(SECRET, { ...claim, ...other })
    expect(await isDeviceKey(SECRET, claim, theirs)).toBe(false)
  })

  it('made with another secret is not ours', async () => {
    expect(await isOurs(await makeDeviceKey(Buffer.alloc(32, 8).toString('base64url'), claim))).toBe(false)
  })
})

describe('a device key from before there were generations', () => {
  const mac = createHmac('sha256', Buffer.alloc(32, 7)).update(claim.deviceId).digest('base64url')
  const key = `dk_${claim.appId.slice(4)}_${claim.deviceId.slice(4)}_${mac}`

  it('is good for generation 0', async () => {
    expect(parseDeviceKey(key)).toEqual(claim)
    expect(await isOurs(key)).toBe(true)
  })

  it.each([
    ['another device', key.replace(claim.deviceId.slice(4), id('dev', 3).slice(4))],
    ['another last character, that decodes to the same bytes', key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A')],
    ['something behind it', `${key}=`],
  ])('with %s is not ours', async (_what, changed) => {
    expect(await isOurs(changed)).toBe(false)
  })

  it('was made with what is derived from the master key and the app', async () => {
    const [masterKey, other] = [7, 8].map((byte) => Buffer.alloc(32, byte).toString('base64'))
    const derived = await derivedDeviceSecret(masterKey!, claim.appId)
    expect(derived).toEqual(await derivedDeviceSecret(masterKey!, claim.appId))
    expect(derived).not.toEqual(await derivedDeviceSecret(masterKey!, id('app', 3)))
    expect(derived).not.toEqual(await derivedDeviceSecret(other!, claim.appId))
  })
})
