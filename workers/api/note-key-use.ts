/**
 * Notes when and from where an API key is used, after the answer: nobody waits for it, and what is lost with an isolate is
 * noted by the next use. What a place means is decided by push/key-habit.ts.
 */
import { waitUntil } from 'cloudflare:workers'
import { ExpiringMap } from '../../push/expiring-map.ts'
import { type HabitVerdict, judgeUse, type KeyUseOrigin } from '../../push/key-habit.ts'
import { type ApiKeyRow, noteApiKeyUse } from '../../schema/d1/api-keys.ts'
import { directoryDatabase } from '../../schema/databases.ts'
import { forgetKey } from './known-keys.ts'
import { reportUnusualUse, type UnusualUse } from './unusual-use.ts'

/**
 * A row is written at most this often for a key that goes on being used from where it was: "is it still in use?" is asked
 * in days, and a busy key of a thousand isolates costs 288 rows a day. So what is listed may be ten minutes old: five
 * until an isolate looks again, five that it takes an earlier note for good.
 */
const NOTE_EVERY_MS = 5 * 60_000

/** Key and place, of which this isolate has nothing to say for a while; about 200 bytes each. */
const noted = new ExpiringMap<true>({ lifeMs: NOTE_EVERY_MS, most: 10_000 })

/** @param key as it is known here @param from its place is null where the key has no habit @param now epoch ms */
export function noteKeyUse(env: Env, key: ApiKeyRow, { place, address }: KeyUseOrigin, now: number): void {
  const name = place === null ? key.id : `${key.id} ${place.country} ${place.asn}`
  if (noted.get(name, now) !== undefined) return
  noted.set(name, true, now)
  const verdict = place === null ? null : judgeUse(key.places ?? [], place)
  const isNews = verdict !== null && verdict.use !== 'usual'
  if (!isNews && key.lastUsedAt !== null && now - key.lastUsedAt < NOTE_EVERY_MS) return
  waitUntil(write(env, key, { name, verdict, address, now }))
}

interface Note {
  /** In `noted`. */
  readonly name: string
  /** Null: the place is unknown, or says nothing. */
  readonly verdict: HabitVerdict | null
  readonly address: string | null
  readonly now: number
}

/** What is not noted, because somebody else has noted something meanwhile or D1 did not answer, the next use notes. */
async function write(env: Env, key: ApiKeyRow, { name, verdict, address, now }: Note): Promise<void> {
  try {
    const use = { lastUsedAt: now, places: verdict?.places ?? key.places }
    const written = await noteApiKeyUse(directoryDatabase(env), key, use)
    if (written && verdict?.use === 'unusual') await tell(env, { ...unusualUseOf(key, verdict), address })
    if (written) return
  } catch (error) {
    console.error('the use of a key was not noted, its next use will be', { keyId: key.id, error: String(error) })
  }
  noted.delete(name)
  forgetKey(key.keyHash)
}

function unusualUseOf(key: ApiKeyRow, { places }: HabitVerdict): Omit<UnusualUse, 'address'> {
  return { key, place: places.at(-1)!, knownPlaces: key.places ?? [] }
}

/** The use is noted by now, so nobody tells of it again: what the audit log did not take, the operator's log has. */
async function tell(env: Env, use: UnusualUse): Promise<void> {
  try {
    await reportUnusualUse(env, use)
  } catch (error) {
    console.error('an unusual use is not in the audit log', { keyId: use.key.id, error: String(error) })
  }
}
