/**
 * The secrets of apps as an isolate uses them: opened once, looked up again every few seconds, so that one that was
 * replaced is out of use everywhere soon. The first of a use is made when it is first asked for.
 */
import {
  type AppSecret,
  type AppSecretUse,
  acceptedOf,
  currentOf,
  makeSecretMaterial,
  type SecretMaterial,
} from '../push/app-secret.ts'
import { ExpiringMap } from '../push/expiring-map.ts'
import { ID_RANDOM_BYTES, makeId } from '../push/ids.ts'
import type { MasterKeys } from '../push/master-key.ts'
import { SEAL_IV_BYTES } from '../push/sealing.ts'
import { insertFirstAppSecret, type NewAppSecret, readAppSecrets } from '../schema/d1/app-secrets.ts'
import { databaseOf } from '../schema/databases.ts'

/** How long one that was replaced elsewhere may still be used here, as with keys; about 500 bytes each. */
const KNOWN = { lifeMs: 5_000, most: 2_000 }

const known = new ExpiringMap<readonly AppSecret[]>(KNOWN)

interface Asked {
  readonly appId: string
  readonly use: AppSecretUse
  /** Those that may have sealed it; the first one seals. */
  readonly masterKeys: MasterKeys
  /** Epoch ms. */
  readonly now: number
}

type MakeMaterial = (use: AppSecretUse) => Promise<SecretMaterial>

/**
 * The secret that makes new things.
 *
 * @param makeFirst what it is made of when the app has none yet; new randomness unless something is to stay valid
 * @throws MasterKeyError, SealError
 */
export async function currentSecret(
  env: Env,
  asked: Asked,
  makeFirst: MakeMaterial = makeSecretMaterial,
): Promise<AppSecret> {
  const current = currentOf(await recall(env, asked), asked.use)
  if (current !== null) return current
  await insertFirstAppSecret(databaseOf(env, asked.appId), await newSecret(asked, makeFirst))
  forgetSecrets(asked)
  return currentOf(await recall(env, asked), asked.use)!
}

/** The secrets whose work is still good, the current one among them if there is one. @throws MasterKeyError, SealError */
export async function acceptedSecrets(env: Env, asked: Asked): Promise<AppSecret[]> {
  return acceptedOf(await recall(env, asked), asked.use, asked.now)
}

/** The next that asks has them looked up again. */
export function forgetSecrets({ appId, use }: Pick<Asked, 'appId' | 'use'>): void {
  known.delete(`${appId}/${use}`)
}

/** One that was never used before, ready to be stored. */
export async function newSecret(
  { appId, use, masterKeys, now }: Asked,
  makeMaterial: MakeMaterial = makeSecretMaterial,
): Promise<NewAppSecret> {
  const id = makeId('sec', now, crypto.getRandomValues(new Uint8Array(ID_RANDOM_BYTES)))
  const iv = crypto.getRandomValues(new Uint8Array(SEAL_IV_BYTES))
  return { appId, use, id, material: await makeMaterial(use), createdAt: now, masterKey: masterKeys[0], iv }
}

async function recall(env: Env, { appId, use, masterKeys, now }: Asked): Promise<readonly AppSecret[]> {
  const key = `${appId}/${use}`
  const kept = known.get(key, now)
  if (kept !== undefined) return kept
  const { deletions } = known
  const secrets = await readAppSecrets(databaseOf(env, appId), masterKeys, { appId, use, now })
  if (secrets.length > 0 && known.deletions === deletions) known.set(key, secrets, now)
  return secrets
}
