/**
 * The platform's rate-limit bindings: counters of one Cloudflare location, rough and free, in front of what costs
 * something (developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit). How much each allows stands in
 * wrangler.toml; a deployment may leave any of them out.
 */

/** Counts one; false: there were too many. One that is not bound, or fails, limits nobody: something exact is behind it. */
export async function isWithin(binding: RateLimit | undefined, key: string): Promise<boolean> {
  if (binding === undefined) return true
  try {
    return (await binding.limit({ key })).success
  } catch (error) {
    console.error('a rate limit of the platform does not answer', { error: String(error) })
    return true
  }
}
