/**
 * Who sent the request: reads the bearer and says which caller it is, or throws. Decides nothing about what the
 * caller may do (auth.ts does).
 */
import { hashApiKey, isApiKey } from '../../push/api-key.ts'
import { equalInConstantTime } from '../../push/constant-time.ts'
import { readDeviceKey } from '../../push/device-key.ts'
import { ROLE_SCOPES } from '../../push/roles.ts'
import { findApiKey } from '../../schema/d1/api-keys.ts'
import { directoryDatabase } from '../../schema/databases.ts'
import { tokenCaller } from './authenticate-token.ts'
import type { Caller } from './caller.ts'
import { recallApp } from './known-apps.ts'
import { recallKey } from './known-keys.ts'
import { ApiProblem } from './problem.ts'
import { credentialsKeyOf } from './secrets.ts'

const HOW = 'Send "Authorization: Bearer <key>" with a key of the app, a token or a device key.'

/**
 * The kinds of bearer tell themselves apart: the root key is compared first, because it may look like anything;
 * then `sk_` and `pk_`, `dk_`, and the three parts of a JWT.
 *
 * @param authorization the header's value
 * @param now epoch ms
 * @throws ApiProblem `unauthorized`, `token_expired`; `credentials_key_missing` when it takes that key to know
 */
export async function authenticate(env: Env, authorization: string | undefined, now: number): Promise<Caller> {
  const bearer = bearerOf(authorization)
  if (env.ROOT_KEY && equalInConstantTime(bearer, env.ROOT_KEY)) return { kind: 'root' }
  if (bearer.startsWith('sk_') || bearer.startsWith('pk_')) return keyCaller(env, bearer, now)
  if (bearer.startsWith('dk_')) return deviceCaller(env, bearer, now)
  if (bearer.split('.').length === 3) return tokenCaller(env, bearer, now)
  throw new ApiProblem('unauthorized', `This bearer is none that Fanfare knows. ${HOW}`)
}

/** RFC 6750 §2.1; the scheme is case-insensitive (RFC 9110 §11.1). */
function bearerOf(authorization: string | undefined): string {
  const bearer = /^bearer +([^\s]+)$/i.exec(authorization ?? '')?.[1]
  if (bearer === undefined) throw new ApiProblem('unauthorized', `There is no bearer. ${HOW}`)
  return bearer
}

async function keyCaller(env: Env, key: string, now: number): Promise<Caller> {
  if (!isApiKey(key))
    throw new ApiProblem('unauthorized', 'This is no API key: its checksum does not fit. Copy it whole.')
  const keyHash = await hashApiKey(key)
  const row = await recallKey(keyHash, now, () => findApiKey(directoryDatabase(env), keyHash))
  if (row === null || !equalInConstantTime(row.keyHash, keyHash) || row.revokedAt !== null) {
    throw new ApiProblem('unauthorized', 'This API key is unknown or was revoked.')
  }
  if (row.expiresAt !== null && row.expiresAt <= now) {
    throw new ApiProblem('unauthorized', `This API key expired at ${new Date(row.expiresAt).toISOString()}.`)
  }
  return { kind: 'key', appId: row.appId, keyId: row.id, role: row.role, scopes: ROLE_SCOPES[row.role] }
}

async function deviceCaller(env: Env, deviceKey: string, now: number): Promise<Caller> {
  const owner = await readDeviceKey(credentialsKeyOf(env), deviceKey)
  if (owner === null) throw new ApiProblem('unauthorized', 'This device key is not valid. Register the device again.')
  await requireKnownApp(env, owner.appId, now)
  return { kind: 'device', ...owner }
}

/** A device key proves itself; that its app was deleted, only the app's table knows. */
async function requireKnownApp(env: Env, appId: string, now: number): Promise<void> {
  if ((await recallApp(env, appId, now)) === null)
    throw new ApiProblem('unauthorized', 'The app of this bearer was deleted.')
}
