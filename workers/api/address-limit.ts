/** How fast clients of one address may call. Roughly, by the platform's own counter. */
import type { Context } from 'hono'
import { addressSubject } from '../../push/client-address.ts'
import type { ApiEnv } from './context.ts'
import { isWithin } from './platform-limit.ts'
import { ApiProblem } from './problem.ts'

/** The period of REGISTRATIONS_BY_ADDRESS in wrangler.toml. */
const WINDOW_SECONDS = 60

/** @throws ApiProblem `rate_limited` */
export async function limitAddress(c: Context<ApiEnv>): Promise<void> {
  const subject = addressSubject(c.req.header('CF-Connecting-IP') ?? null)
  if (subject === null || (await isWithin(c.env.REGISTRATIONS_BY_ADDRESS, subject))) return
  throw new ApiProblem('rate_limited', 'Clients call too fast from this address. Wait a little.', {
    retryAfterSeconds: WINDOW_SECONDS,
  })
}
