/**
 * Private keys as vendors hand them out: PKCS#8 in PEM (Google's `private_key`, Apple's .p8 file). No key is kept.
 */
import { importPKCS8 } from 'jose'

/**
 * Imports a private key for signing.
 *
 * @param pem white space around it, CRLF, and line feeds written as `\n` (as they are when the text went through an
 *   environment variable) do no harm
 * @throws TypeError or DOMException when it is not a key for the algorithm
 */
export function importPrivateKey(pem: string, algorithm: 'RS256' | 'ES256'): Promise<CryptoKey> {
  return importPKCS8(pem.replaceAll('\\n', '\n').trim(), algorithm)
}
