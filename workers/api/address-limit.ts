/**
 * How fast those may call from one address of whom the address is all that is known: clients, whose key is everybody's, and
 * whoever needs no key. Roughly, by the platform's own counter.
 */
import type { Context } from 'hono'
import { addressSubject } from '../../push/client-address.ts'
import type { ApiEnv } from './context.ts'
import { isWithin, tooMany } from './platform-limit.ts'

/**
 * Counted apart: who calls one thing from the address of a mobile network keeps no phone behind it from another. Public keys are
 * asked for by every phone of an app at once, when a new one signs.
 */
export type Stranger = 'client' | 'anybody' | `keys of ${string}`

/** @throws ApiProblem `rate_limited` */
export async function limitAddress(c: Context<ApiEnv>, who: Stranger): Promise<void> {
  const subject = addressSubject(c.req.header('CF-Connecting-IP') ?? null)
  if (subject === null || (await isWithin(c.env, 'CALLS_BY_ADDRESS', `${who} ${subject}`))) return
  throw tooMany('CALLS_BY_ADDRESS', 'Too many calls come from this address. Wait a little.')
}
