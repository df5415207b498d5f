/** Tells that an API key was used outside its habit: the app's audit log, and a line for the operator. No secret is in either. */
import { audit } from '../../durable-objects/audit-event.ts'
import { NOWHERE } from '../../push/audit-entry.ts'
import type { KeyPlace } from '../../push/key-habit.ts'
import type { ApiKeyRow } from '../../schema/d1/api-keys.ts'

/** A key was used from where it was never used before, and it had been used before. */
export interface UnusualUse {
  readonly key: ApiKeyRow
  readonly place: KeyPlace
  /** Those of before; the one used last is last. */
  readonly knownPlaces: readonly KeyPlace[]
  /** From which address; null: nobody knows. */
  readonly address: string | null
}

/** @throws what the log's object throws: then only the line is there */
export async function reportUnusualUse(env: Env, { key, place, knownPlaces, address }: UnusualUse): Promise<void> {
  const { appId, id, name, role } = key
  const seen = { app_id: appId, key_id: id, place, known_places: knownPlaces }
  console.warn(JSON.stringify({ level: 'warn', kind: 'unusual_use', ...seen }))
  await audit(env, appId, {
    action: 'keyUsedUnusually',
    target: id,
    actor: { kind: 'key', id, name, role, user_id: null },
    origin: { ...NOWHERE, ...place, ip: address },
    details: { known_places: knownPlaces.map((known) => ({ ...known })) },
  })
}
