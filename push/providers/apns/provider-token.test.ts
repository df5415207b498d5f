import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { compactVerify, importJWK, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { mintProviderToken } from './provider-token.ts'

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0, 999)
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const P8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const KEY = { teamId: 'TEAM123456', keyId: 'KEY1234567', privateKey: P8 }

/** RFC 7515 Appendix A.3. */
const RFC_7515 = {
  jws: 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
  jwk: {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  },
  d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
}

describe('mintProviderToken', () => {
  test('carries what Apple asks for and nothing else', async () => {
    const { payload, protectedHeader } = await jwtVerify(await mintProviderToken(KEY, NOW), publicKey)
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'KEY1234567' })
    expect(payload).toEqual({ iss: 'TEAM123456', iat: Math.floor(NOW / 1000) })
  })

  test('signs as the example of RFC 7515 Appendix A.3 is signed', async () => {
    const key = await importJWK(RFC_7515.jwk, 'ES256')
    await expect(compactVerify(RFC_7515.jws, key)).resolves.toBeDefined()
    const pem = createPrivateKey({ key: { ...RFC_7515.jwk, d: RFC_7515.d }, format: 'jwk' })
      .export({ type: 'pkcs8', format: 'pem' })
      .toString()
    await expect(compactVerify(await mintProviderToken({ ...KEY, privateKey: pem }, NOW), key)).resolves.toBeDefined()
  })

  test.each([
    ['without its last line feed', P8.trim()],
    ['with CRLF', P8.replaceAll('\n', '\r\n')],
    ['with blank lines around it', `\n\n${P8}\n\n`],
    ['with its line feeds written out', P8.replaceAll('\n', '\\n')],
    ['in one line', P8.replaceAll('\n', '')],
  ])('takes the text of a .p8 file %s', async (_, text) => {
    await expect(
      jwtVerify(await mintProviderToken({ ...KEY, privateKey: text }, NOW), publicKey),
    ).resolves.toBeDefined()
  })

  test.each([
    ['text', 'not a key'],
    ['an EC key in SEC 1', privateKey.export({ type: 'sec1', format: 'pem' }).toString()],
    [
      'an RSA key',
      generateKeyPairSync('rsa', { modulusLength: 2048 })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString(),
    ],
  ])('refuses %s', async (_, text) => {
    await expect(mintProviderToken({ ...KEY, privateKey: text }, NOW)).rejects.toThrow()
  })
})
