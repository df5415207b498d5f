/**
 * The keys behind what pushes carry for their device: for signing and checking signatures, and for links. Imported once
 * for each time that an isolate opens the app's secrets (app-secrets.ts), and let go together with them.
 */
import { type CompactVerifyGetKey, errors, importJWK } from 'jose'
import { type AppSecret, type AppSecretUse, publicJwkOf } from '../push/app-secret.ts'
import type { SigningKey } from '../push/message-signature.ts'
import { importLinkKey } from '../push/unsubscribe-link.ts'
import { credentialsKeyOf } from './api/secrets.ts'
import { acceptedSecrets, currentSecret } from './app-secrets.ts'

interface Asked {
  readonly appId: string
  /** Epoch ms. */
  readonly now: number
}

/** @throws ApiProblem `credentials_key_missing`, `credentials_key_invalid`; SealError */
export async function signingKeyOf(env: Env, asked: Asked): Promise<SigningKey> {
  const secret = await currentSecret(env, secretsOf(env, asked, 'messages'))
  return { kid: secret.id, privateKey: await privateKeyOf(secret) }
}

/** Finds the public half of a key whose work is still good, by the `kid` of a signature. */
export function verifyingKeysOf(env: Env, asked: Asked): CompactVerifyGetKey {
  return async ({ kid }) => {
    const secrets = await acceptedSecrets(env, secretsOf(env, asked, 'messages'))
    const secret = secrets.find(({ id }) => id === kid)
    if (secret === undefined) throw new errors.JWKSNoMatchingKey()
    return await publicKeyOf(secret)
  }
}

/** @throws like {@link signingKeyOf} */
export async function linkKeyOf(env: Env, asked: Asked): Promise<CryptoKey> {
  return await hmacKeyOf(await currentSecret(env, secretsOf(env, asked, 'links')))
}

/** Those whose links are still good. @throws like {@link signingKeyOf} */
export async function acceptedLinkKeys(env: Env, asked: Asked): Promise<CryptoKey[]> {
  return await Promise.all((await acceptedSecrets(env, secretsOf(env, asked, 'links'))).map(hmacKeyOf))
}

function secretsOf(env: Env, { appId, now }: Asked, use: AppSecretUse) {
  return { appId, use, now, masterKeys: [credentialsKeyOf(env)] } as const
}

const privateKeyOf = oncePerSecret(({ material }) => importSigningKey('jwk' in material ? material.jwk : null))
const publicKeyOf = oncePerSecret((secret) => importSigningKey(publicJwkOf(secret)))
const hmacKeyOf = oncePerSecret(({ material }) => importLinkKey('hmacKey' in material ? material.hmacKey : ''))

async function importSigningKey(jwk: ReturnType<typeof publicJwkOf>): Promise<CryptoKey> {
  // An EC key becomes a CryptoKey; bytes are what a symmetric one becomes.
  return (await importJWK(jwk ?? {}, 'ES256')) as CryptoKey
}

function oncePerSecret(make: (secret: AppSecret) => Promise<CryptoKey>): (secret: AppSecret) => Promise<CryptoKey> {
  const made = new WeakMap<AppSecret, Promise<CryptoKey>>()
  return (secret) => {
    const key = made.get(secret) ?? make(secret)
    made.set(secret, key)
    return key
  }
}
