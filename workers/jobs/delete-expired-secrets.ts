/** Deletes apps' secrets that have been of no use for a while. */
import { deleteExpiredAppSecrets } from '../../schema/d1/app-secrets.ts'
import { allDatabases } from '../../schema/databases.ts'

/** As long as the list still says when a secret ended, for whoever wonders why a device key stopped working. */
const KEPT_MS = 30 * 24 * 60 * 60_000
const SECRETS_A_MINUTE = 500

/** @param now epoch ms */
export async function deleteExpiredSecrets(env: Env, now: number): Promise<void> {
  for (const database of allDatabases(env)) await deleteExpiredAppSecrets(database, now - KEPT_MS, SECRETS_A_MINUTE)
}
