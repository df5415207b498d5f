import { describe, expect, it } from 'vitest'
import {
  APP_SECRET_USES,
  type AppSecret,
  acceptedOf,
  currentOf,
  makeSecretMaterial,
  publicJwkOf,
} from './app-secret.ts'

const NOW = 1_000_000
const secret = (id: string, parts: Partial<AppSecret> = {}): AppSecret => ({
  id,
  use: 'tokens',
  createdAt: NOW - 1000,
  retiredAt: null,
  expiresAt: null,
  material: { hmacKey: 'AAAA' },
  ...parts,
})

describe('the secrets of an app', () => {
  it.each([
    ['there is none', [], null],
    ['there is one', [secret('a')], 'a'],
    ['one was retired', [secret('a', { retiredAt: NOW, createdAt: NOW }), secret('b')], 'b'],
    ['two were made at once', [secret('a'), secret('b', { createdAt: NOW })], 'b'],
    ['it is for another use', [secret('a', { use: 'links' })], null],
  ])('the current one when %s', (_when, secrets, expected) => {
    expect(currentOf(secrets, 'tokens')?.id ?? null).toBe(expected)
  })

  it('are accepted until they expire, also after they were retired', () => {
    const secrets = [
      secret('current'),
      secret('retired', { retiredAt: NOW - 10, expiresAt: NOW + 1 }),
      secret('expired', { retiredAt: NOW - 10, expiresAt: NOW }),
      secret('other', { use: 'links' }),
    ]
    expect(acceptedOf(secrets, 'tokens', NOW).map(({ id }) => id)).toEqual(['current', 'retired'])
  })

  it('publish the public half of a signing key, and no part of the private one', async () => {
    for (const use of APP_SECRET_USES) {
      const made = secret('k', { use, material: await makeSecretMaterial(use) })
      const jwk = publicJwkOf(made)
      if (use === 'tokens' || use === 'messages') {
        expect(Object.keys(jwk ?? {}).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
      } else {
        expect(jwk).toBeNull()
        expect('hmacKey' in made.material && made.material.hmacKey.length).toBe(43)
      }
    }
  })
})
