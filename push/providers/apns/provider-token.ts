/**
 * The provider token that APNs wants (usernotifications/establishing-a-token-based-connection-to-apns). Pure but for
 * the signature, which is random: two calls give two tokens. Apple refuses a second one within 20 minutes, so whoever
 * calls this must be the only one for the key (the Signer).
 */
import { SignJWT } from 'jose'
import { importPrivateKey } from '../private-key.ts'

/** What Apple gave: a key for signing, its id, and the team it belongs to. */
export interface ApnsSigningKey {
  /** 10 characters. */
  readonly teamId: string
  /** 10 characters. */
  readonly keyId: string
  /** Text of the .p8 file. */
  readonly privateKey: string
}

/**
 * @param now epoch ms; becomes `iat`
 * @throws when the private key is not an EC key in PKCS#8
 */
export async function mintProviderToken(key: ApnsSigningKey, now: number): Promise<string> {
  return new SignJWT({ iss: key.teamId, iat: Math.floor(now / 1000) })
    .setProtectedHeader({ alg: 'ES256', kid: key.keyId })
    .sign(await importPrivateKey(key.privateKey, 'ES256'))
}
