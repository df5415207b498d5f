/**
 * The apps this isolate saw lately. Keys of a deleted app are gone from their table; device keys and tokens are in no
 * table, so it is their app that is asked for. As with keys (known-keys.ts), the isolate that deletes an app forgets it
 * before it answers, and another one may take it for alive for KNOWN.lifeMs more.
 */
import { ExpiringMap } from '../../push/expiring-map.ts'
import { readApp } from '../../schema/d1/apps.ts'
import { directoryDatabase } from '../../schema/databases.ts'

/** Up to a megabyte. As short as for keys, for the same reason. */
const KNOWN = { lifeMs: 5_000, most: 5_000 }

const known = new ExpiringMap<true>(KNOWN)

/** Whether there is such an app. @param now epoch ms */
export async function isKnownApp(env: Env, appId: string, now: number): Promise<boolean> {
  if (known.get(appId, now)) return true
  const { deletions } = known
  const exists = (await readApp(directoryDatabase(env), appId)) !== null
  if (exists && known.deletions === deletions) known.set(appId, true, now)
  return exists
}

/** The next caller of that app has it looked up again. */
export function forgetApp(appId: string): void {
  known.delete(appId)
}
