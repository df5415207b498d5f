import { describe, expect, it } from 'vitest'
import { isSealedWith, SEAL_IV_BYTES, SealError, seal, unseal } from './sealing.ts'

const OLD = Buffer.alloc(32, 7).toString('base64')
const NEW = Buffer.alloc(32, 8).toString('base64')
const LABEL = { appId: 'app_1', use: 'tokens' }
const SECRET = new TextEncoder().encode('the secret')
const iv = (seed = 1) => new Uint8Array(SEAL_IV_BYTES).fill(seed)
const sealed = () => seal(OLD, LABEL, SECRET, iv())

describe('a sealed secret', () => {
  it('opens with the master key that sealed it, wherever that stands among others', async () => {
    expect(await unseal([OLD], LABEL, await sealed())).toEqual(SECRET)
    expect(await unseal([NEW, OLD], LABEL, await sealed())).toEqual(SECRET)
  })

  it('shows nothing of the secret, and looks different each time', async () => {
    const bytes = Buffer.from(await sealed())
    expect(bytes.toString('latin1')).not.toContain('the secret')
    expect(Buffer.from((await seal(OLD, LABEL, SECRET, iv(2))).subarray(17))).not.toEqual(bytes.subarray(17))
  })

  it('tells which master key sealed it', async () => {
    expect(await isSealedWith(OLD, await sealed())).toBe(true)
    expect(await isSealedWith(NEW, await sealed())).toBe(false)
  })

  it.each([
    ['for another app', [OLD], { ...LABEL, appId: 'app_2' }],
    ['for another use', [OLD], { ...LABEL, use: 'messages' }],
    ['with another master key', [NEW], LABEL],
    ['with none', [], LABEL],
  ])('does not open %s', async (_what, keys, label) => {
    await expect(unseal(keys, label, await sealed())).rejects.toThrow(SealError)
  })

  it('does not open when any byte was changed', async () => {
    const good = await sealed()
    for (let i = 0; i < good.length; i++) {
      const bad = good.slice()
      bad[i]! ^= 1
      await expect(unseal([OLD], LABEL, bad)).rejects.toThrow(SealError)
    }
  })

  it('that is empty or cut does not open', async () => {
    await expect(unseal([OLD], LABEL, new Uint8Array(0))).rejects.toThrow(SealError)
    await expect(unseal([OLD], LABEL, (await sealed()).slice(0, 20))).rejects.toThrow(SealError)
  })
})
