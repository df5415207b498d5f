/** Tells that an API key was used outside its habit: the one place where that is heard of. */
import type { UnusualUse } from '../../push/key-habit.ts'

/** One line for the log, without a secret. */
export function reportUnusualUse({ kind, appId, keyId, place, knownPlaces }: UnusualUse): void {
  console.warn(JSON.stringify({ level: 'warn', kind, app_id: appId, key_id: keyId, place, known_places: knownPlaces }))
}
