/**
 * Attacks on short-lived tokens, over HTTP: whatever is done to one, it is answered 401, never let in and never a 500. The
 * attacker knows the app, its JWKS and a token that was his; where a case says so he even signs with the app's own key.
 */
import { env } from 'cloudflare:workers'
import {
  base64url,
  CompactSign,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWTHeaderParameters,
  SignJWT,
} from 'jose'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { publicJwkOf } from '../../push/app-secret.ts'
import { currentSecret } from '../../workers/app-secrets.ts'
import { signingKeyOf } from '../../workers/imported-keys.ts'
import { call, makeApp } from '../workers/calling.ts'

type App = Awaited<ReturnType<typeof makeApp>>

let app: App
let other: App
/** A token of the app that is as it should be. */
let good: string
/** What the app's JWKS says of the key that signed it. */
let publicJwk: { kid: string; x: string; y: string }
let appKey: CryptoKey

const text = new TextEncoder()
const encode = (value: unknown) => base64url.encode(JSON.stringify(value))
const decode = (part: string) => JSON.parse(new TextDecoder().decode(base64url.decode(part)))
const partsOf = (token: string) => token.split('.') as [string, string, string]
const nowSeconds = () => Math.floor(Date.now() / 1000)

async function mint(of: App): Promise<string> {
  const body = { scopes: ['topics:read'], ttl_seconds: 600 }
  return (await call('POST', '/v1/tokens', { bearer: of.sender, body })).body.token
}

/** What the app's current key signs; the header and claims are those of a good token but for what is changed. */
async function forge(change: { header?: object; claims?: object } = {}, key: CryptoKey | Uint8Array = appKey) {
  const [header, claims] = partsOf(good)
  const forged = { ...decode(header), ...change.header } as JWTHeaderParameters
  return await new SignJWT({ ...decode(claims), ...change.claims }).setProtectedHeader(forged).sign(key)
}

/** HMAC over the text with whatever bytes. */
async function hmac(signed: string, secret: Uint8Array<ArrayBuffer>): Promise<string> {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return base64url.encode(new Uint8Array(await crypto.subtle.sign('HMAC', key, text.encode(signed))))
}

const knock = (token: string) => call('GET', '/v1/topics', { bearer: token })

async function expectRefused(token: string, code = 'unauthorized'): Promise<void> {
  const { status, body, headers } = await knock(token)
  expect([status, body.code]).toEqual([401, code])
  expect(headers.get('WWW-Authenticate')).toMatch(/^Bearer/)
}

beforeAll(async () => {
  app = await makeApp()
  other = await makeApp('Chess')
  good = await mint(app)
  const secret = await currentSecret(env, {
    appId: app.id,
    use: 'tokens',
    masterKeys: [env.CREDENTIALS_KEY!],
    now: Date.now(),
  })
  publicJwk = publicJwkOf(secret)!
  appKey = await signingKeyOf(secret, Date.now())
})

afterEach(() => {
  vi.useRealTimers()
})

it('a good token is let in, and so is one that is made again by hand: each case below is about its change alone', async () => {
  expect((await knock(good)).status).toBe(200)
  expect((await knock(await forge())).status).toBe(200)
})

describe('the algorithm', () => {
  it.each(['none', 'None', 'NONE', 'nOnE', '', null, undefined])('%j with no signature', async (alg) => {
    const [header, claims, signature] = partsOf(good)
    const unsigned = `${encode({ ...decode(header), alg })}.${claims}`
    for (const end of ['', signature, 'A'.repeat(86)]) await expectRefused(`${unsigned}.${end}`)
  })

  it('HS256 with the public key as its secret, in every form that it is published or could be', async () => {
    const [header, claims] = partsOf(good)
    const { keys } = (await call('GET', `/v1/apps/${app.id}/jwks.json`)).body
    const jwk = keys.find(({ kid }: { kid: string }) => kid === publicJwk.kid)
    const pem = await exportSPKI((await importJWK(jwk, 'ES256', { extractable: true })) as CryptoKey)
    const point = new Uint8Array([4, ...base64url.decode(jwk.x), ...base64url.decode(jwk.y)])
    const secrets = [pem, `${pem}\n`, JSON.stringify(jwk), jwk.x, jwk.kid].map(
      (form) => new Uint8Array(text.encode(form)),
    )
    for (const secret of [...secrets, point]) {
      for (const alg of ['HS256', 'ES256']) {
        const signed = `${encode({ ...decode(header), alg })}.${claims}`
        await expectRefused(`${signed}.${await hmac(signed, secret)}`)
      }
    }
  })

  it('the HS256 of Fanfare’s first version, even with the right master key', async () => {
    const [, claims] = partsOf(good)
    const signed = `${encode({ alg: 'HS256', typ: 'fanfare-token+jwt', kid: app.id })}.${claims}`
    await expectRefused(
      `${signed}.${await hmac(signed, base64url.decode(env.CREDENTIALS_KEY!.replace('=', '')) as Uint8Array<ArrayBuffer>)}`,
    )
  })

  it.each(['RS256', 'PS256', 'ES384', 'EdDSA'])('%s with a key of the attacker', async (alg) => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true })
    await expectRefused(await forge({ header: { alg } }, privateKey))
  })

  it.each(['es256', 'ES256 ', 'ES256K', 'ES256\u0000'])('spelt %j over a good signature', async (alg) => {
    const [header, claims] = partsOf(good)
    const signed = `${encode({ ...decode(header), alg })}.${claims}`
    const how = { name: 'ECDSA', hash: 'SHA-256' }
    const signature = new Uint8Array(await crypto.subtle.sign(how, appKey, text.encode(signed)))
    await expectRefused(`${signed}.${base64url.encode(signature)}`)
  })
})

describe('the name of the key', () => {
  it.each([
    ['a path', '../../../../dev/null'],
    ['SQL', "' or 1=1 --"],
    ['an address', 'https://evil.example/key'],
    ['one that nobody has', `sec_${'0'.repeat(29)}`],
    ['an app', () => app.id],
    ['a property of every object', '__proto__'],
    ['a number', 7],
    ['a list', () => [publicJwk.kid]],
    ['nothing', ''],
    ['null', null],
  ])('is %s', async (_what, kid) => {
    await expectRefused(await forge({ header: { kid: typeof kid === 'function' ? kid() : kid } }))
  })

  it('is that of another app', async () => {
    const [header] = partsOf(await mint(other))
    await expectRefused(await forge({ header: { kid: decode(header).kid } }))
    await expectRefused(await forge({ header: { kid: decode(header).kid, aud: other.id } }))
  })

  it('is that of the app’s key for messages', async () => {
    const asked = { appId: app.id, masterKeys: [env.CREDENTIALS_KEY!] as const, now: Date.now() }
    const messages = await currentSecret(env, { ...asked, use: 'messages' })
    await expectRefused(await forge({ header: { kid: messages.id } }, await signingKeyOf(messages, Date.now())))
  })
})

describe('a key that comes along', () => {
  it.each(['jku', 'x5u', 'jwk', 'x5c', 'x5t'])('as %s is neither fetched nor believed', async (member) => {
    const fetched = vi.spyOn(globalThis, 'fetch')
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = await exportJWK(publicKey)
    const values = {
      jku: 'https://evil.example/jwks.json',
      x5u: 'https://evil.example/x5u',
      jwk,
      x5c: ['MII'],
      x5t: 'x',
    }
    const header = { [member]: values[member as keyof typeof values] }
    await expectRefused(await forge({ header }, privateKey))
    await expectRefused(await forge({ header }))
    expect(fetched).not.toHaveBeenCalled()
    fetched.mockRestore()
  })
})

describe('the header', () => {
  it.each([
    ['an extension that must be understood', { crit: ['fanfare'], fanfare: true }],
    ['an extension that is known', { crit: ['exp'], exp: 1 }],
    ['nothing that must be understood', { crit: [] }],
    ['a payload that is not encoded', { b64: false }],
    ['a payload that is not encoded, rightly announced', { crit: ['b64'], b64: false }],
    ['compression', { zip: 'DEF' }],
    ['a JWT inside', { cty: 'JWT' }],
    ['the type of any JWT', { typ: 'JWT' }],
    ['the type of an access token', { typ: 'at+jwt' }],
    ['no type', { typ: undefined }],
  ])('says %s', async (_what, header) => {
    const [head, claims] = partsOf(good)
    const signed = `${encode({ ...decode(head), ...header })}.${claims}`
    const how = { name: 'ECDSA', hash: 'SHA-256' }
    const signature = new Uint8Array(await crypto.subtle.sign(how, appKey, text.encode(signed)))
    await expectRefused(`${signed}.${base64url.encode(signature)}`)
  })

  it('says its algorithm twice', async () => {
    const [header, claims, signature] = partsOf(good)
    const twice = new TextDecoder().decode(base64url.decode(header)).replace('{', '{"alg":"none",')
    await expectRefused(`${base64url.encode(twice)}.${claims}.${signature}`)
  })
})

describe('another signed thing of the same app', () => {
  it('as a message that a push carries', async () => {
    const asked = { appId: app.id, masterKeys: [env.CREDENTIALS_KEY!] as const, now: Date.now() }
    const messages = await currentSecret(env, { ...asked, use: 'messages' })
    const [, claims] = partsOf(good)
    for (const [secret, typ] of [
      [messages, 'fanfare-message+jws'],
      [messages, 'fanfare-token+jwt'],
      [await currentSecret(env, { ...asked, use: 'tokens' }), 'fanfare-message+jws'],
    ] as const) {
      const jws = await new CompactSign(base64url.decode(claims))
        .setProtectedHeader({ alg: 'ES256', typ, kid: secret.id, aud: app.id })
        .sign(await signingKeyOf(secret, Date.now()))
      await expectRefused(jws)
    }
  })
})

describe('another app', () => {
  it('has tokens of its own, that say nothing here', async () => {
    const theirs = await mint(other)
    const sender = { bearer: theirs, body: { scopes: ['topics:read'], ttl_seconds: 60 } }
    expect((await knock(theirs)).body.data).toEqual([])
    expect((await call('GET', `/v1/apps/${app.id}`, { bearer: theirs })).status).toBe(403)
    expect((await call('POST', '/v1/tokens', sender)).status).toBe(403)
  })

  it('signs for this one in vain', async () => {
    const secret = await currentSecret(env, {
      appId: other.id,
      use: 'tokens',
      masterKeys: [env.CREDENTIALS_KEY!],
      now: Date.now(),
    })
    const theirKey = await signingKeyOf(secret, Date.now())
    await expectRefused(await forge({}, theirKey))
    await expectRefused(await forge({ header: { kid: secret.id } }, theirKey))
    await expectRefused(await forge({ header: { kid: secret.id, aud: other.id } }, theirKey))
  })

  it('is named beside this one', async () => {
    await expectRefused(await forge({ claims: { aud: [app.id, other.id] } }))
    await expectRefused(await forge({ claims: { aud: other.id } }))
    await expectRefused(await forge({ header: { aud: [app.id] } }))
  })
})

describe('time', () => {
  it('is over', async () => {
    vi.useFakeTimers({ now: decode(partsOf(good)[1]).exp * 1000, toFake: ['Date'] })
    await expectRefused(good, 'token_expired')
  })

  it.each([
    ['has not come: iat', () => ({ iat: nowSeconds() + 60, exp: nowSeconds() + 120 })],
    ['has not come: nbf', () => ({ nbf: nowSeconds() + 60 })],
    ['is longer than an hour', () => ({ iat: nowSeconds(), exp: nowSeconds() + 3_601 })],
    ['is for ever', () => ({ exp: Number.MAX_SAFE_INTEGER })],
    ['is a text', () => ({ exp: String(nowSeconds() + 60) })],
    ['is not said: exp', () => ({ exp: undefined })],
    ['is not said: iat', () => ({ iat: undefined })],
    ['is null', () => ({ exp: null })],
  ])('%s', async (_what, claims) => {
    await expectRefused(await forge({ claims: claims() }))
  })
})

describe('claims that say too much, though the app’s own key signed them', () => {
  it.each([
    ['a scope that there is not', { scope: 'topics:read everything' }],
    ['a wildcard', { scope: '*' }],
    ['scopes in a list', { scope: ['topics:read', 'app:manage'] }],
    ['scopes in an object', { scope: { 'topics:read': true } }],
    ['a scope that no token may carry', { scope: 'topics:read app:manage' }],
    ['a scope that mints', { scope: 'tokens:mint' }],
    ['more than a user may', { sub: 'ada' }],
    ['no scope', { scope: undefined }],
    ['no issuer', { iss: undefined }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['no audience', { aud: undefined }],
    ['no key that minted it', { key_id: undefined }],
    ['a key of another app', { key_id: `key_${'0'.repeat(29)}` }],
  ])('%s', async (_what, claims) => {
    await expectRefused(await forge({ claims }))
  })

  it('the claims are no object', async () => {
    const [header] = partsOf(good)
    for (const payload of ['null', '[]', '"x"', '7', '{', '', '{"exp":1e400}']) {
      const jws = await new CompactSign(text.encode(payload)).setProtectedHeader(decode(header)).sign(appKey)
      await expectRefused(jws)
    }
  })
})

describe('keys that are over', () => {
  it('a key that was rotated away at once, and one whose overlap is over', async () => {
    const mine = await makeApp()
    const rotate = (overlap_seconds: number) =>
      call('POST', `/v1/apps/${mine.id}/secrets/tokens/rotate`, { bearer: mine.admin, body: { overlap_seconds } })
    const first = await mint(mine)
    await rotate(0)
    await expectRefused(first)
    const second = await mint(mine)
    await rotate(30)
    expect((await knock(second)).status).toBe(200)
    vi.useFakeTimers({ now: Date.now() + 30_001, toFake: ['Date'] })
    await expectRefused(second)
  })

  it('an app that was deleted', async () => {
    const gone = await makeApp()
    const token = await mint(gone)
    await call('DELETE', `/v1/apps/${gone.id}`, { bearer: env.ROOT_KEY! })
    await expectRefused(token)
  })
})

describe('the text', () => {
  it.each([
    ['nested dots', () => good.replace('.', '..')],
    ['four parts', () => `${good}.e30`],
    ['five parts, as if it were encrypted', () => `${good}.e30.e30`],
    ['a dot at its end', () => `${good}.`],
    ['padding', () => `${good}==`],
    [
      'base64 instead of base64url',
      () =>
        good
          .replaceAll('-', '+')
          .replaceAll('_', '/')
          .replace(/\.[\w+/]+$/, '.+/+/'),
    ],
    ['white space', () => good.replace('.', '\t.')],
    ['a character that is nearly the same', () => good.replace(/.$/, (last) => 'BRhx'['AQgw'.indexOf(last)]!)],
    ['a NUL', () => good.replace('.', '%00.')],
    ['no signature', () => partsOf(good).slice(0, 2).join('.').concat('.')],
    ['half a signature', () => good.slice(0, -40)],
    ['zeros for a signature', () => `${partsOf(good).slice(0, 2).join('.')}.${'A'.repeat(86)}`],
    ['a signature in DER', () => `${partsOf(good).slice(0, 2).join('.')}.MEUCIQ${'A'.repeat(90)}`],
    ['20 kB of claims', () => good.replace('.', `.${'A'.repeat(20_000)}`)],
    ['20 kB of header', () => `${'A'.repeat(20_000)}${good}`],
    ['10,000 dots', () => '.'.repeat(10_000)],
    ['a header that is no JSON', () => `e.${partsOf(good).slice(1).join('.')}`],
    ['a header that is deep', () => `${base64url.encode('['.repeat(3_000))}.${partsOf(good).slice(1).join('.')}`],
  ])('has %s', async (_what, make) => {
    await expectRefused(make())
  })

  it('has any one character changed', async () => {
    const step = Math.ceil(good.length / 60)
    for (let at = 0; at < good.length; at += step) {
      const instead = good[at] === 'A' ? 'B' : 'A'
      await expectRefused(good.slice(0, at) + instead + good.slice(at + 1))
    }
  })
})

describe('the other signature', () => {
  /** The order of P-256 (SEC 2 §2.4.2). */
  const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

  /**
   * With (r, s) every ECDSA verifier takes (r, n − s) too. It is a second spelling of the same token, which says the same,
   * ends at the same time and with the same key; nothing here tells tokens apart by their text, so nothing is won by it.
   */
  it('(r, n − s) is the same token in other words', async () => {
    const [header, claims, signature] = partsOf(good)
    const bytes = base64url.decode(signature)
    const s = BigInt(`0x${Buffer.from(bytes.subarray(32)).toString('hex')}`)
    const mirrored = Buffer.from((N - s).toString(16).padStart(64, '0'), 'hex')
    const twin = `${header}.${claims}.${base64url.encode(Buffer.concat([bytes.subarray(0, 32), mirrored]))}`
    expect(twin).not.toBe(good)
    expect((await knock(twin)).status).toBe(200)
  })
})

it('the private key is nowhere to be had: not published, and not to be exported by those that use it', async () => {
  expect((await call('GET', `/v1/apps/${app.id}/jwks.json`)).text).not.toContain('"d"')
  expect(appKey.extractable).toBe(false)
})
