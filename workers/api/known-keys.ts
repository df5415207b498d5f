/**
 * The API keys this isolate saw lately, so that a busy caller costs D1 one read every few seconds instead of
 * one a request.
 *
 * The trade: the isolate that revokes a key forgets it before it answers, so nothing that goes through it is
 * accepted afterwards; another isolate may accept the key for up to KNOWN_FOR_MS more. Asking D1 for every
 * request would close that window and put a single-threaded database on the path of every call. Only keys that
 * exist are remembered: a flood of wrong ones cannot push the right ones out.
 */
import type { ApiKeyRow } from '../../schema/d1/api-keys.ts'

/** How long a revoked key may still work in an isolate that did not revoke it. */
const KNOWN_FOR_MS = 5_000
/** About 300 bytes each: bounded memory, more than enough for the apps that meet in one isolate. */
const MAX_KNOWN = 5_000

const known = new Map<string, { readonly row: ApiKeyRow; readonly untilAt: number }>()
/** Counts what was forgotten: a key that is revoked while it is being looked up must not be remembered as it was. */
let forgotten = 0

/** The key with that hash, from memory or by `find`. @param now epoch ms */
export async function recallKey(
  keyHash: string,
  now: number,
  find: () => Promise<ApiKeyRow | null>,
): Promise<ApiKeyRow | null> {
  const entry = known.get(keyHash)
  if (entry !== undefined && entry.untilAt > now) return entry.row
  known.delete(keyHash)
  const before = forgotten
  const row = await find()
  if (row === null || forgotten !== before) return row
  const oldest = known.keys().next()
  if (known.size >= MAX_KNOWN && !oldest.done) known.delete(oldest.value)
  known.set(keyHash, { row, untilAt: now + KNOWN_FOR_MS })
  return row
}

/** The next caller with that key is looked up again. */
export function forgetKey(keyHash: string): void {
  known.delete(keyHash)
  forgotten++
}
