/**
 * The keys behind what pushes carry for their device: for signing and checking signatures, and for links. Which secret of
 * the app it is, and whether it is still good; how a secret becomes a key is imported-keys.ts's.
 */
import { type CompactVerifyGetKey, errors } from 'jose'
import type { AppSecretUse } from '../push/app-secret.ts'
import type { SigningKey } from '../push/message-signature.ts'
import { requireMasterKeys } from './api/secrets.ts'
import { acceptedSecrets, currentSecret } from './app-secrets.ts'
import * as imported from './imported-keys.ts'

interface Asked {
  readonly appId: string
  /** Epoch ms. */
  readonly now: number
}

/** @throws ApiProblem `credentials_key_missing`, `credentials_key_invalid`; SealError */
export async function signingKeyOf(env: Env, asked: Asked): Promise<SigningKey> {
  const secret = await currentSecret(env, secretsOf(env, asked, 'messages'))
  return { kid: secret.id, privateKey: await imported.signingKeyOf(secret, asked.now) }
}

/** Finds the public half of a key whose work is still good, by the `kid` of a signature. */
export function verifyingKeysOf(env: Env, asked: Asked): CompactVerifyGetKey {
  return async ({ kid }) => {
    const secrets = await acceptedSecrets(env, secretsOf(env, asked, 'messages'))
    const secret = secrets.find(({ id }) => id === kid)
    if (secret === undefined) throw new errors.JWKSNoMatchingKey()
    return await imported.verifyingKeyOf(secret, asked.now)
  }
}

/** @throws like {@link signingKeyOf} */
export async function linkKeyOf(env: Env, asked: Asked): Promise<CryptoKey> {
  return await imported.hmacKeyOf(await currentSecret(env, secretsOf(env, asked, 'links')), asked.now)
}

/** Those whose links are still good. @throws like {@link signingKeyOf} */
export async function acceptedLinkKeys(env: Env, asked: Asked): Promise<CryptoKey[]> {
  const secrets = await acceptedSecrets(env, secretsOf(env, asked, 'links'))
  return await Promise.all(secrets.map((secret) => imported.hmacKeyOf(secret, asked.now)))
}

function secretsOf(env: Env, { appId, now }: Asked, use: AppSecretUse) {
  return { appId, use, now, masterKeys: requireMasterKeys(env) } as const
}
