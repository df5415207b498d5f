/**
 * The API keys this isolate saw lately, so that a busy caller costs D1 one read every few seconds instead of
 * one a request.
 *
 * The trade: the isolate that revokes a key forgets it before it answers, so nothing that goes through it is
 * accepted afterwards; another isolate may accept the key for up to KNOWN.lifeMs more. Asking D1 for every
 * request would close that window and put a single-threaded database on the path of every call. Only keys that
 * exist are remembered: a flood of wrong ones cannot push the right ones out.
 */
import { ExpiringMap } from '../../push/expiring-map.ts'
import type { ApiKeyRow } from '../../schema/d1/api-keys.ts'

/**
 * How long a revoked key may still work in an isolate that did not revoke it; and about 300 bytes each: bounded
 * memory, more than enough for the apps that meet in one isolate.
 */
const KNOWN = { lifeMs: 5_000, most: 5_000 }

const known = new ExpiringMap<ApiKeyRow>(KNOWN)

/** The key with that hash, from memory or by `find`. @param now epoch ms */
export async function recallKey(
  keyHash: string,
  now: number,
  find: () => Promise<ApiKeyRow | null>,
): Promise<ApiKeyRow | null> {
  const kept = known.get(keyHash, now)
  if (kept) return kept
  const { deletions } = known
  const row = await find()
  if (row !== null && known.deletions === deletions) known.set(keyHash, row, now)
  return row
}

/** The next caller with that key is looked up again. */
export function forgetKey(keyHash: string): void {
  known.delete(keyHash)
}
