import { base64url, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { NO_LIMITS } from './access-limits.ts'
import { ID_RANDOM_BYTES, type IdPrefix, makeId } from './ids.ts'
import { SCOPES } from './roles.ts'
import { MAX_TOKEN_CHARACTERS, mintUserToken, readUserToken, signerNamedBy, type UserToken } from './user-token.ts'

const NOW = Date.parse('2026-11-22T12:00:00.900Z')
const NOW_SECONDS = Math.floor(NOW / 1000)
const id = (prefix: IdPrefix, seed = 1) => makeId(prefix, NOW, new Uint8Array(ID_RANDOM_BYTES).fill(seed))
const SIGNER = { appId: id('app'), secretId: id('sec') }
const token: UserToken = {
  appId: SIGNER.appId,
  keyId: id('key'),
  userId: 'ada',
  scopes: ['devices:register'],
  limits: NO_LIMITS,
}

let keys: { privateKey: CryptoKey; publicKey: CryptoKey }

beforeAll(async () => {
  keys = await generateKeyPair('ES256')
})

const minted = (change: Partial<UserToken> = {}, ttlSeconds = 60) =>
  mintUserToken(keys.privateKey, SIGNER.secretId, { ...token, ...change }, { now: NOW, ttlSeconds })

/** As authentication reads one: the header first, then the rest. */
async function read(text: string, now = NOW) {
  const signer = signerNamedBy(text)
  return signer === null ? { kind: 'no token of ours' } : await readUserToken(keys.publicKey, signer, text, now)
}

/** A token made by hand with the app's own key: everything right but what is changed. */
function forged(change: { header?: object; claims?: object }): Promise<string> {
  const claims = {
    iss: 'fanfare',
    aud: token.appId,
    sub: 'ada',
    scope: 'devices:register',
    key_id: token.keyId,
    iat: NOW_SECONDS,
    exp: NOW_SECONDS + 60,
    ...change.claims,
  }
  const header = { alg: 'ES256', typ: 'fanfare-token+jwt', kid: SIGNER.secretId, aud: token.appId, ...change.header }
  return new SignJWT(claims).setProtectedHeader(header).sign(keys.privateKey)
}

describe('a token', () => {
  it('says again what it was minted for', async () => {
    const { text, expiresAt } = await minted()
    expect(expiresAt).toBe(Date.parse('2026-11-22T12:01:00Z'))
    expect(signerNamedBy(text)).toEqual(SIGNER)
    expect(await read(text)).toEqual({ kind: 'valid', token })
  })

  it('carries the limits of whoever minted it', async () => {
    const limits = { topics: ['marketing.*'], categories: null }
    const { text } = await minted({ limits })
    expect(await read(text)).toMatchObject({ kind: 'valid', token: { limits } })
  })

  it('may belong to no user', async () => {
    const { text } = await minted({ userId: null, scopes: ['topics:read', 'topics:manage'] })
    expect(await read(text)).toMatchObject({ token: { userId: null, scopes: ['topics:read', 'topics:manage'] } })
  })

  it('ends to the second', async () => {
    const { text, expiresAt } = await minted()
    expect((await read(text, expiresAt - 1)).kind).toBe('valid')
    expect((await read(text, expiresAt)).kind).toBe('expired')
  })

  it('is short enough to be read, whatever its user is called and whatever it may do', async () => {
    const scopes = Object.keys(SCOPES) as UserToken['scopes']
    // In JSON a list of limits has at most 1,500 bytes (workers/api/limit-fields.ts).
    const longest = [`${'x'.repeat(1_495)}*`]
    const limits = { topics: longest, categories: longest }
    const { text } = await minted({ userId: '\u0001'.repeat(256), scopes, limits })
    expect(text.length).toBeLessThan(MAX_TOKEN_CHARACTERS)
  })

  it('made by hand as it should be is valid, so that the cases below are about their change alone', async () => {
    expect((await read(await forged({}))).kind).toBe('valid')
  })

  it('may come from a machine whose clock is a few seconds ahead', async () => {
    const ahead = (seconds: number) => ({ claims: { iat: NOW_SECONDS + seconds, exp: NOW_SECONDS + seconds + 60 } })
    expect((await read(await forged(ahead(5)))).kind).toBe('valid')
    expect((await read(await forged(ahead(6)))).kind).toBe('invalid')
  })
})

describe('the header of a token', () => {
  it.each([
    ['another type', { typ: 'JWT' }],
    ['its type in another spelling', { typ: 'application/fanfare-token+jwt' }],
    ['another app', { aud: `${id('app', 2)}x` }],
    ['no app', { aud: undefined }],
    ['no key id', { kid: undefined }],
    ['a key id that is a path', { kid: '../../sec' }],
    ['a key to fetch', { jku: 'https://evil.example/jwks.json' }],
    ['a certificate to fetch', { x5u: 'https://evil.example/key.pem' }],
    ['a key of its own', { jwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' } }],
    ['a content type', { cty: 'JWT' }],
  ])('may not have %s', async (_what, header) => {
    expect((await read(await forged({ header }))).kind).toBe('no token of ours')
  })

  it('may not say it in another order, with a space or twice', async () => {
    const [header, ...rest] = (await forged({})).split('.')
    const text = new TextDecoder().decode(base64url.decode(header!))
    for (const other of [
      text.replace('{', '{ '),
      text.replace('{', '{"alg":"none",'),
      JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).reverse())),
    ]) {
      expect(JSON.parse(other)).toEqual(JSON.parse(text))
      expect(signerNamedBy([base64url.encode(other), ...rest].join('.'))).toBeNull()
    }
  })

  it('names another app in vain: its audience is the one that was signed', async () => {
    const text = await forged({ header: { aud: id('app', 2) } })
    expect((await read(text)).kind).toBe('invalid')
  })
})

describe('the claims of a token', () => {
  it.each([
    ['another issuer', { iss: 'somebody' }],
    ['another app as its audience', { aud: id('app', 2) }],
    ['other apps in its audience too', { aud: [token.appId, id('app', 2)] }],
    ['no end', { exp: undefined }],
    ['no beginning', { iat: undefined }],
    ['a beginning that is a text', { iat: String(NOW_SECONDS) }],
    ['an end before its beginning', { iat: NOW_SECONDS + 3, exp: NOW_SECONDS + 2 }],
    ['more than an hour', { exp: NOW_SECONDS + 3_601 }],
    ['a later first use', { nbf: NOW_SECONDS + 10 }],
    ['no scope', { scope: undefined }],
    ['an empty scope', { scope: '' }],
    ['scopes in a list', { scope: ['devices:register'] }],
    ['a scope that there is not', { scope: 'devices:register everything' }],
    ['a name that every object has', { scope: 'constructor' }],
    ['a scope that no token may carry', { scope: 'devices:register app:manage' }],
    ['a scope that reaches beyond its user', { scope: 'devices:register notifications:send' }],
    ['no key that minted it', { key_id: undefined }],
    ['a key id of another kind', { key_id: SIGNER.secretId }],
    ['a user without a name', { sub: '' }],
    ['a user that is no text', { sub: 7 }],
  ])('may not have %s, whoever signed them', async (_what, claims) => {
    expect((await read(await forged({ claims }))).kind).toBe('invalid')
  })
})

describe('what is no token', () => {
  it.each(['', '..', 'a.b.c', 'e30.e30.', '{}.{}.{}', 'bnVsbA.e30.e30', `e30.e30.${'A'.repeat(86)}`])(
    'is %j',
    async (text) => {
      expect(signerNamedBy(text)).toBeNull()
    },
  )

  it('is one without a signature, too long, with padding, or whose signature has another spelling', async () => {
    const { text } = await minted()
    const last = 'AQgw'.indexOf(text.at(-1)!)
    expect(last).toBeGreaterThanOrEqual(0)
    const others = [
      new UnsecuredJWT({ iss: 'fanfare' }).setExpirationTime('1h').encode(),
      `${text}.`,
      `${text}=`,
      text.slice(0, -1) + 'BRhx'[last],
      `${text.slice(0, text.indexOf('.') + 1)}${'A'.repeat(MAX_TOKEN_CHARACTERS)}${text.slice(text.lastIndexOf('.'))}`,
    ]
    expect(others.map(signerNamedBy)).toEqual(others.map(() => null))
  })

  it('is one signed with another key', async () => {
    const { text } = await minted()
    const other = await generateKeyPair('ES256')
    expect((await readUserToken(other.publicKey, SIGNER, text, NOW)).kind).toBe('invalid')
  })
})
