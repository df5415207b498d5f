/**
 * The API keys that minted the tokens this isolate saw lately, by their ids: a token is good as long as its key is. As with
 * keys that are shown (known-keys.ts), the isolate that revokes one forgets it before it answers, and another one may take
 * its tokens for KNOWN.lifeMs more.
 */
import { ExpiringMap } from '../../push/expiring-map.ts'
import { type ApiKeyRow, readApiKey } from '../../schema/d1/api-keys.ts'
import { directoryDatabase } from '../../schema/databases.ts'

/** As short as for keys, for the same reason; about 300 bytes each. */
const KNOWN = { lifeMs: 5_000, most: 5_000 }

const known = new ExpiringMap<ApiKeyRow>(KNOWN)

/** The key as it was at most KNOWN.lifeMs ago, also when it is revoked or expired; null: there is none. @param now epoch ms */
export async function recallMinter(env: Env, appId: string, keyId: string, now: number): Promise<ApiKeyRow | null> {
  const name = `${appId}/${keyId}`
  const kept = known.get(name, now)
  if (kept !== undefined) return kept
  const { deletions } = known
  const key = await readApiKey(directoryDatabase(env), appId, keyId)
  if (key !== null && known.deletions === deletions) known.set(name, key, now)
  return key
}

/** The next token of that key has it looked up again. */
export function forgetMinter(appId: string, keyId: string): void {
  known.delete(`${appId}/${keyId}`)
}
