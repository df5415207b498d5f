/**
 * Whom apps have attest their clients, as an isolate saw it lately, opened; also that an app asks for none. The isolate
 * that changes it forgets it before it answers, and another one may go by the old for KNOWN.lifeMs more.
 */
import type { Attestation } from '../../push/attestation.ts'
import { ExpiringMap } from '../../push/expiring-map.ts'
import { readAttestation } from '../../schema/d1/attestations.ts'
import { databaseOf } from '../../schema/databases.ts'
import { requireMasterKeys } from './secrets.ts'

/** As short as for keys; about 200 bytes each. */
const KNOWN = { lifeMs: 5_000, most: 5_000 }

const known = new ExpiringMap<{ readonly attestation: Attestation | null }>(KNOWN)

/** @param now epoch ms @throws MasterKeyError, SealError */
export async function recallAttestation(env: Env, appId: string, now: number): Promise<Attestation | null> {
  const kept = known.get(appId, now)
  if (kept !== undefined) return kept.attestation
  const { deletions } = known
  const attestation = await readAttestation(databaseOf(env, appId), requireMasterKeys(env), appId)
  if (known.deletions === deletions) known.set(appId, { attestation }, now)
  return attestation
}

export function forgetAttestation(appId: string): void {
  known.delete(appId)
}
