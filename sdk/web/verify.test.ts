import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CompactSign, exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { canonicalContent, contentOf } from './content.ts'
import { judgeClaims, type PublicKey, readClaims, verifyPush } from './verify.ts'

interface Content {
  readonly data: Readonly<Record<string, string>>
}
interface Vectors {
  readonly jwks: { readonly keys: readonly PublicKey[] }
  readonly canonical: readonly { name: string; content: Content; unsubscribe: string | null; text: string }[]
  readonly pushes: readonly {
    name: string
    fanfare_sig: string
    received: { pushId: string; deviceId: string; content: Content; unsubscribe: string | null; now: string }
    verdict: string
  }[]
}

const VECTORS = join(import.meta.dirname, '../../docs/design/signed-messages.vectors.json')
const { jwks, canonical, pushes } = JSON.parse(readFileSync(VECTORS, 'utf8')) as Vectors

const keyIn = (keys: readonly PublicKey[]) => async (kid: string) => keys.find((key) => key.kid === kid)

function signedContent({ data, ...fields }: Content, unsubscribe: string | null) {
  return { data, fields: { ...fields, ...(unsubscribe !== null && { unsubscribe }) } }
}

describe('the vectors', () => {
  it.each(canonical)('$name', ({ content, unsubscribe, text }) => {
    expect(canonicalContent(signedContent(content, unsubscribe))).toBe(text)
  })

  it.each(pushes)('$name', async ({ fanfare_sig, received, verdict }) => {
    const { pushId, deviceId, content, unsubscribe, now } = received
    const claims = await readClaims(fanfare_sig, { findKey: keyIn(jwks.keys) })
    const judge = { deviceId, now: Date.parse(now) }
    const found = claims && (await judgeClaims(claims, pushId, signedContent(content, unsubscribe), judge))
    expect(found ?? 'unknown').toBe(verdict)
  })
})

const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
const key: PublicKey = { ...((await exportJWK(publicKey)) as JsonWebKey), kid: 'sec_1' }
const NOW = 1_795_400_000_000

const payload = {
  title: 'Breaking',
  body: 'It works',
  icon: '/icon.png',
  actions: [{ title: 'Read', action: 'read' }],
  data: { section: 'tech' },
  fanfare_id: 'ntf_1',
  fanfare_seq: 7,
  fanfare_unsubscribe: 'https://push.example/v1/unsubscribe?link=x',
}

async function sign(of: Readonly<Record<string, unknown>>): Promise<string> {
  const text = new TextEncoder().encode(canonicalContent(contentOf(of)))
  const dig = Buffer.from(await crypto.subtle.digest('SHA-256', text)).toString('base64url')
  const claims = { jti: of.fanfare_id, aud: 'dev_1', iat: NOW / 1000, exp: NOW / 1000 + 3_600, dig }
  const header = { alg: 'ES256', kid: 'sec_1', typ: 'fanfare-push+jwt' }
  return new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader(header).sign(privateKey)
}

const judge = { deviceId: 'dev_1', now: NOW, findKey: keyIn([key]) }

describe('a push', () => {
  it('is what was signed, in whatever order it comes', async () => {
    const fanfare_sig = await sign(payload)
    const turned = Object.fromEntries(Object.entries({ ...payload, fanfare_sig }).reverse())
    expect(await verifyPush(turned, judge)).toBe('valid')
  })

  it.each<[string, object]>([
    ['another title', { title: 'Broken' }],
    ['another icon', { icon: '/other.png' }],
    ['another button', { actions: [{ title: 'Pay', action: 'read' }] }],
    ['a tag', { tag: 'other' }],
    ['another link to leave', { fanfare_unsubscribe: 'https://phish.example' }],
    ['another place in its order', { fanfare_seq: 8 }],
    ['other data', { data: { section: 'sport' } }],
  ])('with %s is not', async (_, change) => {
    expect(await verifyPush({ ...payload, fanfare_sig: await sign(payload), ...change }, judge)).toBe('altered')
  })

  it('is nobody’s without a signature, with another type, or by a key that is not there', async () => {
    expect(await verifyPush(payload, judge)).toBe('unknown')
    expect(await verifyPush({ ...payload, fanfare_sig: 7 }, judge)).toBe('unknown')
    const signed = { ...payload, fanfare_sig: await sign(payload) }
    expect(await verifyPush(signed, { ...judge, findKey: keyIn([]) })).toBe('unknown')
  })
})
