import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { CompactSign, type CompactVerifyGetKey, createLocalJWKSet, exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  CLOCK_TOLERANCE_MS,
  provesReceipt,
  type ReceivedPush,
  SIGNATURE_CHARACTERS,
  type SigningKey,
  signMessage,
  verifyMessage,
} from './message-signature.ts'
import { canonicalContent, digestContent, type SignedContent } from './signed-content.ts'

const NOW = 1_795_400_000_000
const EXPIRES_AT = NOW + 3_600_000
const KID = `sec_${'0'.repeat(29)}`
const PUSH = { pushId: `ntf_${'1'.repeat(29)}`, deviceId: `dev_${'2'.repeat(29)}` }
const CONTENT: SignedContent = { title: 'Your code', body: 'is 4711', url: 'https://a.example/', data: { k: 'v' } }

const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
const stranger = await generateKeyPair('ES256')
const signer: SigningKey = { kid: KID, privateKey }
const jwks = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: KID, use: 'sig', alg: 'ES256' }] })

const received = (partial: Partial<ReceivedPush> = {}): ReceivedPush => {
  return { ...PUSH, content: CONTENT, unsubscribe: null, now: NOW, ...partial }
}
const sign = async (by = signer, content = CONTENT, unsubscribe: string | null = null) =>
  await signMessage(by, PUSH, { now: NOW, expiresAt: EXPIRES_AT }, await digestContent(content, unsubscribe))

describe('a signed push', () => {
  it('is vouched for, to its device, and as long as every other', async () => {
    const signature = await sign()
    expect(await verifyMessage(signature, jwks, received())).toBe('valid')
    expect(signature).toHaveLength(SIGNATURE_CHARACTERS)
    expect(await sign(signer, { data: {} })).toHaveLength(SIGNATURE_CHARACTERS)
  })

  it.each<[string, Partial<ReceivedPush>, string]>([
    ['as another notification', { pushId: `ntf_${'3'.repeat(29)}` }, 'other_push'],
    ['at another device', { deviceId: `dev_${'3'.repeat(29)}` }, 'other_device'],
    ['with another title', { content: { ...CONTENT, title: 'Your cose' } }, 'altered'],
    ['without its title', { content: { ...CONTENT, title: undefined } }, 'altered'],
    ['with another body', { content: { ...CONTENT, body: 'is 4712' } }, 'altered'],
    ['with a picture', { content: { ...CONTENT, image: 'https://a.example/i.png' } }, 'altered'],
    ['with another address', { content: { ...CONTENT, url: 'https://b.example/' } }, 'altered'],
    ['with another value in its data', { content: { ...CONTENT, data: { k: 'w' } } }, 'altered'],
    ['with more data', { content: { ...CONTENT, data: { k: 'v', l: '' } } }, 'altered'],
    [
      'with its body as data',
      { content: { ...CONTENT, body: undefined, data: { k: 'v', body: 'is 4711' } } },
      'altered',
    ],
    ['with a sequence', { content: { ...CONTENT, seq: '7' } }, 'altered'],
    ['with a button', { content: { ...CONTENT, options: '{"actions":[]}' } }, 'altered'],
    ['with a link to leave', { unsubscribe: 'https://phish.example/' }, 'altered'],
    ['at the very end of its life', { now: EXPIRES_AT + CLOCK_TOLERANCE_MS - 1 }, 'valid'],
    ['after its life', { now: EXPIRES_AT + CLOCK_TOLERANCE_MS }, 'expired'],
    ['by a clock that is behind', { now: NOW - CLOCK_TOLERANCE_MS }, 'valid'],
    ['long before it was made', { now: NOW - CLOCK_TOLERANCE_MS - 1 }, 'early'],
  ])('%s is judged', async (_, partial, verdict) => {
    expect(await verifyMessage(await sign(), jwks, received(partial))).toBe(verdict)
  })

  it('by another key is nobody’s, whatever it calls itself', async () => {
    const forged = await sign({ kid: KID, privateKey: stranger.privateKey })
    expect(await verifyMessage(forged, jwks, received())).toBe('unknown')
    const foreign = await sign({ kid: `sec_${'9'.repeat(29)}`, privateKey: stranger.privateKey })
    expect(await verifyMessage(foreign, jwks, received())).toBe('unknown')
  })

  it.each(['', 'a.b.c', 'a.b', 'é'])('of %j is none', async (text) => {
    expect(await verifyMessage(text, jwks, received())).toBe('unknown')
  })

  it('cannot be another thing that the app has signed, nor an unsigned one', async () => {
    const [header, payload, mac] = (await sign()).split('.') as [string, string, string]
    const claims = Buffer.from(payload, 'base64url')
    const token = await new CompactSign(claims).setProtectedHeader({ alg: 'ES256', kid: KID }).sign(privateKey)
    expect(await verifyMessage(token, jwks, received())).toBe('unknown')
    const head = JSON.parse(Buffer.from(header, 'base64url').toString())
    const none = Buffer.from(JSON.stringify({ ...head, alg: 'none' })).toString('base64url')
    expect(await verifyMessage(`${none}.${payload}.`, jwks, received())).toBe('unknown')
    expect(await verifyMessage(`${none}.${payload}.${mac}`, jwks, received())).toBe('unknown')
  })

  it('does not survive any change of a letter', async () => {
    const signature = await sign()
    const index = fc.integer({ min: 0, max: signature.length - 1 }).filter((at) => signature[at] !== '.')
    await fc.assert(
      fc.asyncProperty(index, fc.constantFrom(...'AQgwZ059-_'), async (at, letter) => {
        const changed = signature.slice(0, at) + letter + signature.slice(at + 1)
        const same = changed.split('.').every((part, i) => decode(part) === decode(signature.split('.')[i]!))
        expect(await verifyMessage(changed, jwks, received())).toBe(same ? 'valid' : 'unknown')
      }),
      { numRuns: 60 },
    )
  })

  it('proves to the server that the push was sent to the device, also when it has long expired', async () => {
    const signature = await sign()
    expect(await provesReceipt(signature, jwks, PUSH)).toBe(true)
    expect(await provesReceipt(signature, jwks, { ...PUSH, pushId: 'ntf_x' })).toBe(false)
    expect(await provesReceipt(signature, jwks, { ...PUSH, deviceId: 'dev_x' })).toBe(false)
    expect(await provesReceipt(await sign({ kid: KID, privateKey: stranger.privateKey }), jwks, PUSH)).toBe(false)
  })
})

/** The last character of base64url may differ in bits that mean nothing. */
function decode(part: string): string {
  return Buffer.from(part, 'base64url').toString('hex')
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const anyContent: fc.Arbitrary<SignedContent> = fc.record(
  { title: text, body: text, image: text, url: text, seq: text, options: text, data: fc.dictionary(text, text) },
  { requiredKeys: ['data'] },
)

describe('canonical content', () => {
  it('is the same exactly for what is the same', () => {
    const shown = ({ data, ...fields }: SignedContent) => {
      const named = Object.entries(fields).filter(([, value]) => value)
      return JSON.stringify([named.toSorted(), Object.entries(data).toSorted()])
    }
    fc.assert(
      fc.property(anyContent, anyContent, (a, b) => {
        expect(canonicalContent(a, null) === canonicalContent(b, null)).toBe(shown(a) === shown(b))
      }),
    )
  })

  it('does not depend on the order of anything', () => {
    const [a, b] = [
      { title: 'T', data: { x: '1', y: '2' } },
      { data: { y: '2', x: '1' }, title: 'T' },
    ]
    expect(canonicalContent(a, null)).toBe(canonicalContent(b, null))
  })
})

interface Vectors {
  readonly jwks: { keys: [] }
  readonly canonical: { name: string; content: SignedContent; unsubscribe: string | null; text: string; dig: string }[]
  readonly pushes: {
    name: string
    fanfare_sig: string
    received: Omit<ReceivedPush, 'now'> & { now: string }
    verdict: string
  }[]
}

const VECTORS = join(import.meta.dirname, '../docs/design/signed-messages.vectors.json')
const vectors = JSON.parse(readFileSync(VECTORS, 'utf8')) as Vectors

describe('the vectors that other SDKs are written against', () => {
  it.each(vectors.canonical)('$name', async ({ content, unsubscribe, text, dig }) => {
    expect(canonicalContent(content, unsubscribe)).toBe(text)
    expect(await digestContent(content, unsubscribe)).toBe(dig)
  })

  const keys: CompactVerifyGetKey = createLocalJWKSet(vectors.jwks)
  it.each(vectors.pushes)('$name', async ({ fanfare_sig, received: got, verdict }) => {
    expect(await verifyMessage(fanfare_sig, keys, { ...got, now: Date.parse(got.now) })).toBe(verdict)
  })
})
