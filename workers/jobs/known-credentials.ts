/**
 * The credentials this isolate used lately, opened, so that a ticket usually asks neither the database nor the sealing
 * key. The isolate that replaces or deletes one forgets it before it answers. Another one hears of it from the Throttle
 * with its next grant, which names the least version that may be used, and looks for itself when KNOWN.lifeMs are over.
 */
import type { Credential } from '../../push/credential.ts'
import type { Platform } from '../../push/device.ts'
import { ExpiringMap } from '../../push/expiring-map.ts'
import { MasterKeyError, masterKeysOf } from '../../push/master-key.ts'
import type { Outcome } from '../../push/outcome.ts'
import { SealError } from '../../push/sealing.ts'
import { readCredential } from '../../schema/d1/credentials.ts'
import { databaseOf } from '../../schema/databases.ts'
import { recallApp } from '../api/known-apps.ts'

export interface KnownCredential {
  readonly version: number
  readonly credential: Credential
}

interface CredentialName {
  readonly appId: string
  readonly platform: Platform
}

/** How long an isolate uses a credential before it looks whether it was replaced or deleted; about 3 kB each. */
const KNOWN = { lifeMs: 10_000, most: 1_000 }

const known = new ExpiringMap<KnownCredential>(KNOWN)

/** The credential, or why nobody can be sent to with it. @param leastVersion older ones have been replaced */
export async function recallCredential(
  env: Env,
  name: CredentialName,
  leastVersion: number,
): Promise<KnownCredential | Outcome> {
  const key = keyOf(name)
  const kept = known.get(key, Date.now())
  if (kept && kept.version >= leastVersion) return kept
  const { deletions } = known
  const stored = await openStored(env, name)
  if (stored === null) return await withoutCredential(env, name.appId)
  if ('version' in stored && known.deletions === deletions) known.set(key, stored, Date.now())
  return stored
}

/** The next ticket has it read again. */
export function forgetCredential(name: CredentialName): void {
  known.delete(keyOf(name))
}

/** A key of ours that is missing or wrong is the operator's to mend: it is retried, and says so in the ledger. */
async function openStored(env: Env, { appId, platform }: CredentialName): Promise<KnownCredential | Outcome | null> {
  try {
    return await readCredential(databaseOf(env, appId), masterKeysOf(env), appId, platform)
  } catch (error) {
    if (!(error instanceof MasterKeyError || error instanceof SealError)) throw error
    console.error('a credential cannot be opened', { appId, platform, error: error.message })
    return { kind: 'later', reason: 'credentials_unreadable', scope: 'credential', schedule: 'standard' }
  }
}

/** One that is missing may be set again, and is waited for; an app that was deleted comes back no more. */
async function withoutCredential(env: Env, appId: string): Promise<Outcome> {
  if ((await recallApp(env, appId, Date.now())) !== null) return { kind: 'misconfigured', reason: 'no_credentials' }
  return { kind: 'refused', reason: 'app_deleted' }
}

function keyOf({ appId, platform }: CredentialName): string {
  return `${appId}/${platform}`
}
