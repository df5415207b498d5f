import { describe, expect, it } from 'vitest'
import type { Credential } from './credential.ts'
import { CredentialSealError, IV_BYTES, openCredential, sealCredential } from './credential-encryption.ts'

const KEY = Buffer.alloc(32, 7).toString('base64')
const OWNER = { appId: 'app_1', platform: 'webpush' } as const
const SECRET: Credential = {
  platform: 'webpush',
  subject: 'mailto:a@b.example',
  publicKey: 'B',
  privateKey: 'the secret',
}
const iv = (seed = 1) => new Uint8Array(IV_BYTES).fill(seed)
const sealed = () => sealCredential(KEY, OWNER, SECRET, iv())

describe('a sealed credential', () => {
  it('opens for its owner', async () => {
    expect(await openCredential(KEY, OWNER, await sealed())).toEqual(SECRET)
  })

  it('begins with its version and its initialization vector, and shows nothing of the secret', async () => {
    const bytes = Buffer.from(await sealed())
    expect(bytes[0]).toBe(1)
    expect(bytes.subarray(1, 13)).toEqual(Buffer.from(iv()))
    expect(bytes.toString('latin1')).not.toContain('the secret')
    expect(bytes.length).toBe(13 + JSON.stringify(SECRET).length + 16)
  })

  it('looks different each time', async () => {
    const other = await sealCredential(KEY, OWNER, SECRET, iv(2))
    expect(Buffer.from(other.subarray(13))).not.toEqual(Buffer.from((await sealed()).subarray(13)))
  })

  it.each([
    ['for another app', KEY, { ...OWNER, appId: 'app_2' }],
    ['for another platform', KEY, { ...OWNER, platform: 'fcm' as const }],
    ['with another master key', Buffer.alloc(32, 8).toString('base64'), OWNER],
  ])('does not open %s', async (_what, key, owner) => {
    await expect(openCredential(key, owner, await sealed())).rejects.toThrow(CredentialSealError)
  })

  it('does not open when any byte was changed', async () => {
    const good = await sealed()
    for (let i = 0; i < good.length; i++) {
      const bad = good.slice()
      bad[i]! ^= 1
      await expect(openCredential(KEY, OWNER, bad)).rejects.toThrow(CredentialSealError)
    }
  })

  it('that is empty or cut does not open', async () => {
    await expect(openCredential(KEY, OWNER, new Uint8Array(0))).rejects.toThrow(CredentialSealError)
    await expect(openCredential(KEY, OWNER, (await sealed()).slice(0, 20))).rejects.toThrow(CredentialSealError)
  })
})
