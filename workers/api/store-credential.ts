/** Checking and storing a credential, and finding the one that is stored. What the routes of credentials.ts share. */
import type { Context } from 'hono'
import { type Credential, publicPartOf } from '../../push/credential.ts'
import { CredentialError } from '../../push/credential-check.ts'
import { CredentialSealError, IV_BYTES } from '../../push/credential-encryption.ts'
import type { VapidKeys } from '../../push/providers/webpush/vapid.ts'
import { readCredential, writeCredential } from '../../schema/d1/credentials.ts'
import { databaseOf } from '../../schema/databases.ts'
import type { ApiEnv } from './context.ts'
import { credentialToWire } from './credential-body.ts'
import { ApiProblem } from './problem.ts'
import { credentialsKeyOf } from './secrets.ts'

/** Seals and stores; answers what may be shown. */
export async function store(c: Context<ApiEnv>, appId: string, credential: Credential) {
  const now = Date.now()
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
  const how = { credentialsKey: credentialsKeyOf(c.env), now, iv }
  await writeCredential(databaseOf(c.env, appId), appId, credential, how)
  return credentialToWire(publicPartOf(credential), now)
}

/** The VAPID pair that the app has; null: none yet. @throws ApiProblem `credential_unreadable` */
export async function storedPair(c: Context<ApiEnv>, appId: string): Promise<VapidKeys | null> {
  try {
    const stored = await readCredential(databaseOf(c.env, appId), credentialsKeyOf(c.env), appId, 'webpush')
    return stored?.credential.platform === 'webpush' ? stored.credential : null
  } catch (error) {
    if (!(error instanceof CredentialSealError)) throw error
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
