/**
 * The platform's rate-limit bindings: counters of one Cloudflare location, rough and free, in front of what costs
 * something (developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit). A deployment may leave any of them out.
 */
import { PLATFORM_LIMITS, type PlatformLimit } from '../../push/platform-limits.ts'
import { ApiProblem } from './problem.ts'
import { rateLimitHeaders } from './rate-limit-headers.ts'

/** Counts one; false: there were too many. One that is not bound, or fails, limits nobody: something exact is behind it. */
export async function isWithin(env: Env, name: PlatformLimit, key: string): Promise<boolean> {
  const binding = env[name] as RateLimit | undefined
  if (binding === undefined) return true
  try {
    return (await binding.limit({ key })).success
  } catch (error) {
    console.error('a rate limit of the platform does not answer', { error: String(error) })
    return true
  }
}

/** Whoever is refused has nothing left, whatever the count is. */
export function tooMany(name: PlatformLimit, detail: string, retryAfterSeconds?: number): ApiProblem {
  const { limit, windowSeconds } = PLATFORM_LIMITS[name]
  const resetSeconds = retryAfterSeconds ?? windowSeconds
  const headers = rateLimitHeaders({ limit, remaining: 0, resetSeconds, windowSeconds })
  return new ApiProblem('rate_limited', detail, { retryAfterSeconds: resetSeconds, headers })
}
