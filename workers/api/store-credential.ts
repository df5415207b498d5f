/** Checking and storing a credential, and finding the one that is stored. What the routes of credentials.ts share. */
import type { Context } from 'hono'
import { type CredentialName, resetThrottleOf } from '../../durable-objects/throttle.ts'
import { type Credential, publicPartOf } from '../../push/credential.ts'
import { CredentialError } from '../../push/credential-check.ts'
import type { Platform } from '../../push/device.ts'
import type { VapidKeys } from '../../push/providers/webpush/vapid.ts'
import { SEAL_IV_BYTES, SealError } from '../../push/sealing.ts'
import { listPublicCredentials, readCredential, writeCredential } from '../../schema/d1/credentials.ts'
import { databaseOf } from '../../schema/databases.ts'
import { forgetCredential } from '../jobs/known-credentials.ts'
import type { ApiEnv } from './context.ts'
import { credentialToWire } from './credential-body.ts'
import { ApiProblem } from './problem.ts'
import { readPause } from './read-pause.ts'
import { requireMasterKeys } from './secrets.ts'

/** Seals and stores, and lets everything that waited for it go on; answers what may be shown. */
export async function store(c: Context<ApiEnv>, appId: string, credential: Credential) {
  const { platform } = credential
  c.var.audit.about(platform)
  await noteStored(c, appId, platform)
  const now = Date.now()
  const iv = crypto.getRandomValues(new Uint8Array(SEAL_IV_BYTES))
  const how = { masterKey: requireMasterKeys(c.env)[0], now, iv }
  const version = await writeCredential(databaseOf(c.env, appId), appId, credential, how)
  await forgetOlder(c.env, { appId, platform }, version)
  const shown = publicPartOf(credential)
  c.var.audit.after(shown)
  return credentialToWire(shown, now, null)
}

/** Tells the audit log which credential there is before it is replaced or deleted. */
export async function noteStored(c: Context<ApiEnv>, appId: string, platform: Platform): Promise<void> {
  const rows = await listPublicCredentials(databaseOf(c.env, appId), appId)
  const stored = rows.find(({ shown }) => shown.platform === platform)
  if (stored !== undefined) c.var.audit.before(stored.shown)
}

/**
 * Forgets a credential here, and tells the Throttle, and by it all isolates, that what they know of a credential is
 * over. The credential is stored or deleted whatever becomes of this: a probe of the Throttle would find out too.
 *
 * @param version credentials older than this one are not used any more
 */
export async function forgetOlder(env: Env, credential: CredentialName, version: number): Promise<void> {
  forgetCredential(credential)
  try {
    await resetThrottleOf(env, credential, version)
  } catch (error) {
    console.error('a credential has changed and its Throttle does not know', { ...credential, error: String(error) })
  }
}

/** The credentials of an app as they may be shown, and whether each is paused. */
export async function listStored(env: Env, appId: string) {
  const rows = await listPublicCredentials(databaseOf(env, appId), appId)
  return await Promise.all(
    rows.map(async ({ shown, updatedAt }) =>
      credentialToWire(shown, updatedAt, await readPause(env, { appId, platform: shown.platform })),
    ),
  )
}

/** The VAPID pair that the app has; null: none yet. @throws ApiProblem `credential_unreadable` */
export async function storedPair(c: Context<ApiEnv>, appId: string): Promise<VapidKeys | null> {
  try {
    const stored = await readCredential(databaseOf(c.env, appId), requireMasterKeys(c.env), appId, 'webpush')
    return stored?.credential.platform === 'webpush' ? stored.credential : null
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    throw new ApiProblem('credential_unreadable', 'The stored pair cannot be kept. Send both keys, or delete it first.')
  }
}

/** Waits for a check. @param pointer where in the body the credential's fields are */
export async function orInvalid(check: Promise<void>, pointer: string): Promise<void> {
  try {
    await check
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error
    const param = `${pointer}/${error.field}`
    throw new ApiProblem('invalid_credential', `${error.field} ${error.message}.`, { param })
  }
}
