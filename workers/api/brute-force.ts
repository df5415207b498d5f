/**
 * Guessing bearers from one address: failures are counted, and after too many the address is refused before anything is
 * looked up. Only failures count, so whoever comes with a good bearer is not in anybody's way; and a bearer that was good
 * in this isolate lately is let through even while its address is refused.
 */
import { base64url } from 'jose'
import { addressSubject } from '../../push/client-address.ts'
import { ExpiringMap } from '../../push/expiring-map.ts'
import { isWithin, tooMany } from './platform-limit.ts'
import { ApiProblem } from './problem.ts'

/** After this long a refused address may fail once more; if that is still too many, it is refused again. */
const REFUSED_MS = 10_000
/** How long a bearer that was good is taken for one that need not be guessed. Whether it still is good is asked anyway. */
const GOOD_MS = 10 * 60_000

const refused = new ExpiringMap<true>({ lifeMs: REFUSED_MS, most: 10_000 })
/** By digest: nobody keeps bearers. */
const good = new ExpiringMap<true>({ lifeMs: GOOD_MS, most: 10_000 })

/** A request at the door. */
export interface Knock {
  /** `CF-Connecting-IP`. */
  readonly address: string | null
  /** The `Authorization` header. */
  readonly authorization: string | undefined
}

/** Lets a caller be looked up, and counts if that fails. @throws ApiProblem `rate_limited`, or what `lookUp` throws */
export async function guardDoor<T>(
  env: Env,
  { address, authorization }: Knock,
  now: number,
  lookUp: () => Promise<T>,
): Promise<T> {
  const subject = addressSubject(address)
  if (subject === null || authorization === undefined) return await lookUp()
  const bearer = await digestOf(authorization)
  if (refused.get(subject, now) && !good.get(bearer, now)) throw tooManyFailures()
  try {
    const caller = await lookUp()
    good.set(bearer, true, now)
    return caller
  } catch (error) {
    if (!isWrongBearer(error) || (await isWithin(env, 'FAILED_BEARERS', subject))) throw error
    refused.set(subject, true, now)
    throw tooManyFailures()
  }
}

async function digestOf(text: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
}

/** An expired token is nobody's guess. */
function isWrongBearer(error: unknown): boolean {
  return error instanceof ApiProblem && error.code === 'unauthorized'
}

function tooManyFailures(): ApiProblem {
  const detail = 'Too many wrong bearers came from this address. Check the key, and try again after Retry-After.'
  return tooMany('FAILED_BEARERS', detail, REFUSED_MS / 1000)
}
