/**
 * What API keys of a role may do. Built-in roles are a table in the code; custom ones are rows, and this isolate
 * remembers those that it saw lately. As with keys (known-keys.ts), the isolate that changes a role forgets it before it
 * answers, and another one may take it for what it was for KNOWN.lifeMs more.
 */
import { ExpiringMap } from '../../push/expiring-map.ts'
import { builtInRights, NO_RIGHTS, type Rights } from '../../push/rights.ts'
import { readRole } from '../../schema/d1/app-roles.ts'
import { directoryDatabase } from '../../schema/databases.ts'

/** As short as for keys, for the same reason; a role may have 4 kB of patterns. */
const KNOWN = { lifeMs: 5_000, most: 2_000 }

const known = new ExpiringMap<Rights>(KNOWN)

/** What a role of the app may do, as it was at most KNOWN.lifeMs ago; nothing, when it is not there. @param now epoch ms */
export async function recallRole(env: Env, appId: string, name: string, now: number): Promise<Rights> {
  const kept = builtInRights(name) ?? known.get(nameOf(appId, name), now)
  if (kept !== undefined) return kept
  const { deletions } = known
  const role = await readRole(directoryDatabase(env), appId, name)
  if (role === null) return NO_RIGHTS
  if (known.deletions === deletions) known.set(nameOf(appId, name), role, now)
  return role
}

/** The next caller with that role has it looked up again. */
export function forgetRole(appId: string, name: string): void {
  known.delete(nameOf(appId, name))
}

function nameOf(appId: string, name: string): string {
  return `${appId}/${name}`
}
