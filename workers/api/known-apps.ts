/**
 * The apps this isolate saw lately, with their settings. Keys of a deleted app are gone from their table; device keys and
 * tokens are in no table, so it is their app that is asked for. As with keys (known-keys.ts), the isolate that changes or
 * deletes an app forgets it before it answers, and another one may take it for what it was for KNOWN.lifeMs more.
 */
import { ExpiringMap } from '../../push/expiring-map.ts'
import { type App, readApp } from '../../schema/d1/apps.ts'
import { directoryDatabase } from '../../schema/databases.ts'

/** Up to two megabytes. As short as for keys, for the same reason. */
const KNOWN = { lifeMs: 5_000, most: 5_000 }

const known = new ExpiringMap<App>(KNOWN)

/** The app as it was at most KNOWN.lifeMs ago; null: there is none. @param now epoch ms */
export async function recallApp(env: Env, appId: string, now: number): Promise<App | null> {
  const kept = known.get(appId, now)
  if (kept !== undefined) return kept
  const { deletions } = known
  const app = await readApp(directoryDatabase(env), appId)
  if (app !== null && known.deletions === deletions) known.set(appId, app, now)
  return app
}

/** The next caller of that app has it looked up again. */
export function forgetApp(appId: string): void {
  known.delete(appId)
}
