/**
 * The limits of a token as claims of its JWT: `topics` and `categories`, arrays of patterns, each only where there is a
 * limit. Pure.
 */
import type { AccessLimits } from './access-limits.ts'

interface LimitClaims {
  readonly topics?: readonly string[]
  readonly categories?: readonly string[]
}

export function claimsOf({ topics, categories }: AccessLimits): LimitClaims {
  return { ...(topics !== null && { topics }), ...(categories !== null && { categories }) }
}

/** What is there and is no list of patterns is a limit that nothing is within. */
export function limitsOfClaims(claims: Readonly<Record<string, unknown>>): AccessLimits {
  const { topics, categories } = claims
  return { topics: readClaim(topics), categories: readClaim(categories) }
}

function readClaim(claim: unknown): readonly string[] | null {
  if (claim === undefined) return null
  return Array.isArray(claim) && claim.every((pattern) => typeof pattern === 'string') ? claim : []
}
