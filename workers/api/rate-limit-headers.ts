/**
 * What an answer says of a limit, by draft-ietf-httpapi-ratelimit-headers-06, which is what clients know; later drafts put
 * the same into one structured field.
 */

export interface RateLimitState {
  readonly limit: number
  readonly remaining: number
  /** Until counting begins anew. */
  readonly resetSeconds: number
  readonly windowSeconds: number
}

export function rateLimitHeaders({ limit, remaining, resetSeconds, windowSeconds }: RateLimitState) {
  return {
    'RateLimit-Limit': String(limit),
    'RateLimit-Remaining': String(remaining),
    'RateLimit-Reset': String(resetSeconds),
    'RateLimit-Policy': `${limit};w=${windowSeconds}`,
  }
}
