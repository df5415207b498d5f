/**
 * The public keys of the app that this browser keeps, so that a push can be verified without a request. Asked for anew when
 * a signature names one that is not there, once a minute at most, and once a day, so that one that was withdrawn goes.
 */
import type { Store } from './store.ts'
import type { PublicKey } from './verify.ts'

const KEYS = 'app-keys'
const ASK_AGAIN_AFTER_MS = 60_000
const OLD_AFTER_MS = 24 * 3_600_000

interface AppKeys {
  readonly appId: string
  readonly keys: readonly PublicKey[]
  /** Epoch ms: when they were fetched, and when somebody last tried to. */
  readonly fetchedAt: number
  readonly askedAt: number
}

/** Where keys come from. `fetch` rejects when they cannot be had. */
export interface KeySource {
  readonly appId: string
  readonly fetch: () => Promise<readonly PublicKey[]>
}

/** Fetches the keys and keeps them. @param now epoch ms */
export async function refreshKeys(store: Store, { appId, fetch }: KeySource, now: number): Promise<void> {
  const keys = await fetch()
  await store.change<AppKeys>(KEYS, () => ({ appId, keys, fetchedAt: now, askedAt: now }))
}

/** The key of that name. A failure to fetch leaves the keys that are there. @param now epoch ms */
export async function findKey(
  store: Store,
  source: KeySource,
  kid: string,
  now: number,
): Promise<PublicKey | undefined> {
  const kept = await readKeys(store, source)
  const key = kept?.keys.find((one) => one.kid === kid)
  const isOld = kept === undefined || isPast(kept.fetchedAt + OLD_AFTER_MS, kept.fetchedAt, now)
  const mayAsk = kept === undefined || isPast(kept.askedAt + ASK_AGAIN_AFTER_MS, kept.askedAt, now)
  if ((key !== undefined && !isOld) || !mayAsk) return key
  const asked = { appId: source.appId, keys: [], fetchedAt: 0, ...kept, askedAt: now }
  await store.change<AppKeys>(KEYS, () => asked)
  try {
    await refreshKeys(store, source, now)
  } catch (error) {
    console.warn('Fanfare: the keys of the app could not be fetched.', error)
    return key
  }
  return (await readKeys(store, source))?.keys.find((one) => one.kid === kid)
}

/** Keys of an app that an earlier configuration named are not this app's. */
async function readKeys(store: Store, { appId }: KeySource): Promise<AppKeys | undefined> {
  const kept = await store.read<AppKeys>(KEYS)
  return kept?.appId === appId ? kept : undefined
}

/** Also when the clock was set back to before it began. */
function isPast(end: number, begin: number, now: number): boolean {
  return now >= end || now < begin
}
