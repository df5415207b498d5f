/**
 * Who sent the request: reads the bearer and says which caller it is, or throws. Decides nothing about what the
 * caller may do (auth.ts does).
 */
import { isApiKey, isPublicKey } from '../../push/api-key.ts'
import { equalInConstantTime } from '../../push/constant-time.ts'
import { parseDeviceKey } from '../../push/device-key.ts'
import { type DeviceKeyVerdict, judgeDeviceKey } from '../../push/device-key-state.ts'
import type { KeyUseOrigin } from '../../push/key-habit.ts'
import { hashKey } from '../../push/key-text.ts'
import { NO_RIGHTS, publicPartOf } from '../../push/rights.ts'
import { isTaken } from '../../push/root-key.ts'
import { type ApiKeyRow, findApiKey } from '../../schema/d1/api-keys.ts'
import { directoryDatabase } from '../../schema/databases.ts'
import { isOwnDeviceKey } from '../device-keys.ts'
import { tokenCaller } from './authenticate-token.ts'
import type { Caller } from './caller.ts'
import { recallApp } from './known-apps.ts'
import { recallDeviceKey } from './known-device-keys.ts'
import { recallKey } from './known-keys.ts'
import { recallRole } from './known-roles.ts'
import { noteKeyUse } from './note-key-use.ts'
import { ApiProblem } from './problem.ts'
import { RefusedCaller } from './refused-caller.ts'
import { rootKeyHashesOf } from './secrets.ts'

const HOW = 'Send "Authorization: Bearer <key>" with a key of the app, a token or a device key.'
const UNKNOWN_KEY = 'This API key is unknown or was revoked.'

/**
 * The kinds of bearer tell themselves apart: the root key is compared first, because it may look like anything;
 * then `sk_` and `pk_`, `dk_`, and the three parts of a JWT.
 *
 * @param authorization the header's value
 * @param from where the request came from
 * @param now epoch ms
 * @throws ApiProblem `unauthorized`, `token_expired`; `credentials_key_missing` when it takes that key to know
 */
export async function authenticate(
  env: Env,
  authorization: string | undefined,
  from: KeyUseOrigin,
  now: number,
): Promise<Caller> {
  const bearer = bearerOf(authorization)
  const hash = await hashKey(bearer)
  if (isTaken(await rootKeyHashesOf(env), hash)) return { kind: 'root' }
  if (bearer.startsWith('sk_') || bearer.startsWith('pk_')) return keyCaller(env, bearer, hash, from, now)
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

async function keyCaller(env: Env, key: string, keyHash: string, from: KeyUseOrigin, now: number): Promise<Caller> {
  if (!isApiKey(key))
    throw new ApiProblem('unauthorized', 'This is no API key: its checksum does not fit. Copy it whole.')
  const row = await recallKey(keyHash, now, () => findApiKey(directoryDatabase(env), keyHash))
  if (row === null || !equalInConstantTime(row.keyHash, keyHash)) throw new ApiProblem('unauthorized', UNKNOWN_KEY)
  const { appId, id: keyId, name: keyName, role } = row
  const isPublic = isPublicKey(key)
  const known = { kind: 'key', appId, keyId, keyName, role, isPublic } as const
  requireGoodKey(row, { ...known, ...NO_RIGHTS }, now)
  // A public key is in everybody's hands: it has no habit.
  noteKeyUse(env, row, isPublic ? { ...from, place: null } : from, now)
  const rights = await recallRole(env, appId, role, now)
  const { scopes, limits } = isPublic ? publicPartOf(rights) : rights
  return { ...known, scopes, limits }
}

function requireGoodKey({ revokedAt, expiresAt }: ApiKeyRow, caller: Caller, now: number): void {
  if (revokedAt !== null) throw new RefusedCaller('unauthorized', UNKNOWN_KEY, caller)
  if (expiresAt === null || expiresAt > now) return
  const detail = `This API key expired at ${new Date(expiresAt).toISOString()}.`
  throw new RefusedCaller('unauthorized', detail, caller)
}

async function deviceCaller(env: Env, deviceKey: string, now: number): Promise<Caller> {
  const claim = parseDeviceKey(deviceKey)
  if (claim === null)
    throw new ApiProblem('unauthorized', 'This is no device key: its checksum does not fit. Copy it whole.')
  const isKnown = (await recallApp(env, claim.appId, now)) !== null
  if (!isKnown || !(await isOwnDeviceKey(env, claim, deviceKey, now))) {
    throw new ApiProblem('unauthorized', 'This device key is not valid. Register the device again.')
  }
  const { appId, deviceId, generation } = claim
  const verdict = judgeDeviceKey(await recallDeviceKey(env, claim, now), generation, now)
  const caller: Caller = { kind: 'device', appId, deviceId, keyIsCurrent: verdict === 'current' }
  requireGoodGeneration(verdict, caller)
  return caller
}

/** One that was replaced and is good for a while longer is good. */
function requireGoodGeneration(verdict: DeviceKeyVerdict, caller: Caller): void {
  switch (verdict) {
    case 'current':
    case 'previous':
      return
    case 'deleted':
      throw new RefusedCaller('unauthorized', 'The device of this key was deleted. Register it again.', caller)
    case 'replaced':
    case 'ahead': {
      const detail = 'This device key was rotated or revoked. Register the device again.'
      throw new RefusedCaller('unauthorized', detail, caller)
    }
  }
}
