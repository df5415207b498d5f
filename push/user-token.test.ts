import { SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { ID_RANDOM_BYTES, makeId } from './ids.ts'
import { deriveKeyBytes } from './master-key.ts'
import { mintUserToken, readUserToken, type UserToken } from './user-token.ts'

const KEY = Buffer.alloc(32, 7).toString('base64')
const NOW = Date.parse('2026-11-22T12:00:00.900Z')
const app = (seed: number) => makeId('app', NOW, new Uint8Array(ID_RANDOM_BYTES).fill(seed))
const token: UserToken = { appId: app(1), userId: 'ada', scopes: ['devices:register'] }
const minted = (change: Partial<UserToken> = {}, ttlSeconds = 60) =>
  mintUserToken(KEY, { ...token, ...change }, { now: NOW, ttlSeconds })

/** A token made by hand with the app's own key: everything right but what is changed. */
async function forged(change: { header?: object; claims?: object }): Promise<string> {
  const iat = Math.floor(NOW / 1000)
  const claims = {
    iss: 'fanfare',
    aud: token.appId,
    sub: 'ada',
    scope: 'devices:register',
    iat,
    exp: iat + 60,
    ...change.claims,
  }
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'fanfare-token+jwt', kid: token.appId, ...change.header })
    .sign(await deriveKeyBytes(KEY, 'user token v1', token.appId))
}

describe('a token', () => {
  it('says again what it was minted for', async () => {
    const { text, expiresAt } = await minted()
    expect(expiresAt).toBe(Date.parse('2026-11-22T12:01:00Z'))
    expect(await readUserToken(KEY, text, NOW)).toEqual({ kind: 'valid', token })
  })

  it('may belong to no user', async () => {
    const { text } = await minted({ userId: null, scopes: ['topics:read', 'topics:manage'] })
    expect(await readUserToken(KEY, text, NOW)).toMatchObject({
      token: { userId: null, scopes: ['topics:read', 'topics:manage'] },
    })
  })

  it('ends to the second', async () => {
    const { text, expiresAt } = await minted()
    expect((await readUserToken(KEY, text, expiresAt - 1)).kind).toBe('valid')
    expect((await readUserToken(KEY, text, expiresAt)).kind).toBe('expired')
  })

  it('made by hand as it should be is valid, so that the cases below are about their change alone', async () => {
    expect((await readUserToken(KEY, await forged({}), NOW)).kind).toBe('valid')
  })

  it.each([
    ['another algorithm', { header: { alg: 'HS512' } }],
    ['another type', { header: { typ: 'JWT' } }],
    ['another issuer', { claims: { iss: 'somebody' } }],
    ['another app as its audience', { claims: { aud: app(2) } }],
    ['another app’s key id', { header: { kid: app(2) } }],
    ['no key id', { header: { kid: undefined } }],
    ['a key id that is no app', { header: { kid: '../app' } }],
    ['no end', { claims: { exp: undefined } }],
    ['no beginning', { claims: { iat: undefined } }],
    ['no scope', { claims: { scope: undefined } }],
    ['a beginning in the future', { claims: { iat: NOW / 1000 + 600, exp: NOW / 1000 + 660 } }],
  ])('with %s is invalid', async (_what, change) => {
    expect((await readUserToken(KEY, await forged(change), NOW)).kind).toBe('invalid')
  })

  it('that claims to last longer than an hour is over after one', async () => {
    const claims = { exp: Math.floor(NOW / 1000) + 999_999 }
    expect((await readUserToken(KEY, await forged({ claims }), NOW + 3_700_000)).kind).not.toBe('valid')
  })

  it('without a signature is invalid', async () => {
    const text = new UnsecuredJWT({ iss: 'fanfare' }).setExpirationTime('1h').encode()
    expect((await readUserToken(KEY, text, NOW)).kind).toBe('invalid')
  })

  it('signed with another master key is invalid', async () => {
    const { text } = await minted()
    expect((await readUserToken(Buffer.alloc(32, 8).toString('base64'), text, NOW)).kind).toBe('invalid')
  })

  it.each(['', '..', 'a.b.c', 'e30.e30.', '{}.{}.{}'])('is not %j', async (text) => {
    expect((await readUserToken(KEY, text, NOW)).kind).toBe('invalid')
  })

  it('loses scopes that no longer exist', async () => {
    const text = await forged({ claims: { scope: 'devices:register everything' } })
    expect(await readUserToken(KEY, text, NOW)).toMatchObject({ token: { scopes: ['devices:register'] } })
  })
})
