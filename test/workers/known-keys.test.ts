/** The memory of API keys must never outlive a revocation. */
import { expect, it } from 'vitest'
import type { ApiKeyRow } from '../../schema/d1/api-keys.ts'
import { forgetKey, recallKey } from '../../workers/api/known-keys.ts'

const row = { keyHash: 'hash', revokedAt: null } as ApiKeyRow
const revoked = { ...row, revokedAt: 1 } as ApiKeyRow

it('a key is looked up once in a while', async () => {
  expect(await recallKey('once', 0, async () => row)).toBe(row)
  expect(await recallKey('once', 4_999, async () => revoked)).toBe(row)
  expect(await recallKey('once', 5_000, async () => revoked)).toBe(revoked)
})

it('a key that is revoked while it is looked up is not remembered as it was', async () => {
  const lookUp = Promise.withResolvers<ApiKeyRow>()
  const early = recallKey('raced', 0, () => lookUp.promise)
  forgetKey('raced')
  lookUp.resolve(row)
  expect(await early).toBe(row)
  expect(await recallKey('raced', 1, async () => revoked)).toBe(revoked)
})
