import { describe, expect, it } from 'vitest'
import { CONFIRMATION_LIFE_MS, checkConfirmation, makeConfirmation } from './confirmation.ts'

const KEY = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
const OTHER_KEY = 'HxwdHhobGBkXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA='
const NOW = Date.UTC(2026, 10, 24)
const REQUEST = { appId: 'app_a', caller: 'key_a', bodyHash: 'hash' }

async function make(recipients = 1_000) {
  return (await makeConfirmation(KEY, REQUEST, recipients, NOW)).text
}

describe('a confirmation', () => {
  it('holds for ten minutes, for the request it was made for', async () => {
    const { text, expiresAt } = await makeConfirmation(KEY, REQUEST, 1_000, NOW)
    expect(expiresAt).toBe(NOW + CONFIRMATION_LIFE_MS)
    expect(await checkConfirmation(KEY, REQUEST, text, 1_000, NOW)).toBe('valid')
    expect(await checkConfirmation(KEY, REQUEST, text, 1_000, expiresAt - 1)).toBe('valid')
    expect(await checkConfirmation(KEY, REQUEST, text, 1_000, expiresAt)).toBe('expired')
  })

  it('holds for a tenth more recipients than were said, and not for more', async () => {
    expect(await checkConfirmation(KEY, REQUEST, await make(), 1_100, NOW)).toBe('valid')
    expect(await checkConfirmation(KEY, REQUEST, await make(), 1_101, NOW)).toBe('outgrown')
    expect(await checkConfirmation(KEY, REQUEST, await make(), 3, NOW)).toBe('valid')
  })

  it('has one spelling: what differs in bits that mean nothing is another text', async () => {
    const text = await make()
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const respelled = text.slice(0, -1) + digits[digits.indexOf(text.at(-1)!) ^ 1]
    expect(await checkConfirmation(KEY, REQUEST, respelled, 1_000, NOW)).toBe('forged')
  })

  it.each([
    ['another app', { ...REQUEST, appId: 'app_b' }],
    ['another caller', { ...REQUEST, caller: 'key_b' }],
    ['another body', { ...REQUEST, bodyHash: 'other' }],
    ['parts that are moved', { appId: 'app_', caller: 'akey_a', bodyHash: 'hash' }],
  ])('is worth nothing for %s', async (_what, request) => {
    expect(await checkConfirmation(KEY, request, await make(), 1_000, NOW)).toBe('forged')
  })

  it('is worth nothing under another master key, or when a letter of it was changed', async () => {
    const text = await make()
    expect(await checkConfirmation(OTHER_KEY, REQUEST, text, 1_000, NOW)).toBe('forged')
    for (let i = 0; i < text.length - 1; i++) {
      const changed = `${text.slice(0, i)}${text[i] === '0' ? '1' : '0'}${text.slice(i + 1)}`
      expect(await checkConfirmation(KEY, REQUEST, changed, 1_000, NOW), changed).toBe('forged')
    }
  })

  it.each(['', '1', '1...', '2.a.b.c', 'x'.repeat(500), '1.zzzzzzzzzzzz.1.aaa'])('%j is none', async (text) => {
    expect(await checkConfirmation(KEY, REQUEST, text, 1, NOW)).toBe('forged')
  })
})
