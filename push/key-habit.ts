/**
 * From where a secret API key is habitually used, and what is outside of it. Pure.
 *
 * A place is a country and a network. A backend has few of them, and a key that turns up in another one may be in other
 * hands. It is no proof (a company opens a branch), so it is told, not refused.
 */

/** Where a request came from, in Cloudflare's words (`request.cf`). */
export interface KeyPlace {
  /** ISO 3166-1 alpha-2; `T1` for Tor. */
  readonly country: string
  /** The number of the autonomous system, such as a cloud's or an access provider's. */
  readonly asn: number
}

/** Where a request came from, as far as anybody knows. */
export interface KeyUseOrigin {
  readonly place: KeyPlace | null
  readonly address: string | null
}

/** A key that is used from more places is used from everywhere, and the one used longest ago is forgotten. */
export const MOST_PLACES = 16

export interface HabitVerdict {
  /** The places with this one, which is now the last. */
  readonly places: readonly KeyPlace[]
  /** `first`: the key has no history yet. */
  readonly use: 'first' | 'usual' | 'unusual'
}

/** What a use from a place says. @param known the places so far; the one used last is last */
export function judgeUse(known: readonly KeyPlace[], place: KeyPlace): HabitVerdict {
  const others = known.filter((other) => !isSame(other, place))
  const places = [...others, { country: place.country, asn: place.asn }].slice(-MOST_PLACES)
  if (known.length === 0) return { places, use: 'first' }
  return { places, use: others.length < known.length ? 'usual' : 'unusual' }
}

/** Cloudflare's word for where a request came from; null when it said nothing, as on a developer's machine. */
export function placeOf(cf: { readonly country?: unknown; readonly asn?: unknown } | undefined): KeyPlace | null {
  if (typeof cf?.country !== 'string' || typeof cf.asn !== 'number') return null
  return { country: cf.country, asn: cf.asn }
}

function isSame(a: KeyPlace, b: KeyPlace): boolean {
  return a.country === b.country && a.asn === b.asn
}
