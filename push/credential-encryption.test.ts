import { describe, expect, it } from 'vitest'
import type { Credential } from './credential.ts'
import { openCredential, sealCredential } from './credential-encryption.ts'
import { deriveKeyBytes } from './master-key.ts'
import { isSealedWith, SEAL_IV_BYTES, SealError } from './sealing.ts'

const KEY = Buffer.alloc(32, 7).toString('base64')
const OTHER = Buffer.alloc(32, 8).toString('base64')
const OWNER = { appId: 'app_1', platform: 'webpush' } as const
const SECRET: Credential = {
  platform: 'webpush',
  subject: 'mailto:a@b.example',
  publicKey: 'B',
  privateKey: 'the secret',
}
const iv = (seed = 1) => new Uint8Array(SEAL_IV_BYTES).fill(seed)

/** As the first version of Fanfare sealed one. */
async function sealedInLayout1(): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await deriveKeyBytes(KEY, 'credential encryption v1', '')
  const key = await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt'])
  const additionalData = new TextEncoder().encode(`1\0${OWNER.appId}\0${OWNER.platform}`)
  const plaintext = new TextEncoder().encode(JSON.stringify(SECRET))
  const ciphertext = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: iv(), additionalData }, key, plaintext)
  return new Uint8Array([1, ...iv(), ...new Uint8Array(ciphertext)])
}

describe.each([
  ['sealed now', () => sealCredential(KEY, OWNER, SECRET, iv())],
  ['of the first layout', sealedInLayout1],
])('a credential %s', (_what, sealed) => {
  it('opens for its owner, wherever its key stands among others', async () => {
    expect(await openCredential([KEY], OWNER, await sealed())).toEqual(SECRET)
    expect(await openCredential([OTHER, KEY], OWNER, await sealed())).toEqual(SECRET)
  })

  it('shows nothing of the secret', async () => {
    expect(Buffer.from(await sealed()).toString('latin1')).not.toContain('the secret')
  })

  it.each([
    ['for another app', [KEY], { ...OWNER, appId: 'app_2' }],
    ['for another platform', [KEY], { ...OWNER, platform: 'fcm' as const }],
    ['with another master key', [OTHER], OWNER],
    ['with none', [], OWNER],
  ])('does not open %s', async (_how, keys, owner) => {
    await expect(openCredential(keys, owner, await sealed())).rejects.toThrow(SealError)
  })

  it('does not open when any byte was changed', async () => {
    const good = await sealed()
    for (let i = 0; i < good.length; i++) {
      const bad = good.slice()
      bad[i]! ^= 1
      await expect(openCredential([KEY], OWNER, bad)).rejects.toThrow(SealError)
    }
  })

  it('that is empty or cut does not open', async () => {
    for (const length of [0, 1, 20]) {
      await expect(openCredential([KEY], OWNER, (await sealed()).slice(0, length))).rejects.toThrow(SealError)
    }
  })
})

it('a credential of the first layout has to be sealed anew, also when its key is still the present one', async () => {
  expect(await isSealedWith(KEY, await sealedInLayout1())).toBe(false)
  expect(await isSealedWith(KEY, await sealCredential(KEY, OWNER, SECRET, iv()))).toBe(true)
})
