import { base64url } from 'jose'
import { describe, expect, test } from 'vitest'
import { isP256Point } from './p256-point.ts'

/** RFC 8291 Appendix A: ua_public and as_public. */
const UA_PUBLIC = 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'
const AS_PUBLIC = 'BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8'
/** The base point G (SEC 2 §2.4.2). */
const G =
  '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296' +
  '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5'

/** The point with x = 5; and 5 + p, which satisfies the equation as well and is still not a coordinate. */
const FIVE = '5'.padStart(64, '0')
const FIVE_PLUS_P = 'ffffffff00000001000000000000000000000001000000000000000000000004'
const Y_OF_FIVE = '459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc'

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

describe('isP256Point', () => {
  test('takes the points of RFC 8291, the base point and a point with a small coordinate', () => {
    const small = fromHex(`04${FIVE}${Y_OF_FIVE}`)
    for (const bytes of [base64url.decode(UA_PUBLIC), base64url.decode(AS_PUBLIC), fromHex(G), small]) {
      expect(isP256Point(bytes)).toBe(true)
    }
  })

  test('takes what WebCrypto makes', async () => {
    for (let i = 0; i < 20; i++) {
      const pair = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits'])
      expect(isP256Point(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)))).toBe(true)
    }
  })

  test('refuses a point with any bit turned', () => {
    const point = base64url.decode(UA_PUBLIC)
    for (let bit = 0; bit < point.length * 8; bit++) {
      const bent = point.slice()
      bent[bit >> 3]! ^= 1 << (bit & 7)
      expect(isP256Point(bent)).toBe(false)
    }
  })

  test.each([
    ['nothing', ''],
    ['the point at infinity', '00'],
    ['a compressed point', `02${G.slice(2, 66)}`],
    ['one byte too few', G.slice(0, -2)],
    ['one byte too many', `${G}00`],
    ['zero', `04${'00'.repeat(64)}`],
    ['coordinates of p and more', `04${'ff'.repeat(64)}`],
    ['a coordinate that was not reduced', `04${FIVE_PLUS_P}${Y_OF_FIVE}`],
  ])('refuses %s', (_, hex) => {
    expect(isP256Point(fromHex(hex))).toBe(false)
  })
})
