/**
 * How many devices an app has, as far as its quota needs to know: what was counted in the database, and the places given
 * out since. The sum is never less than the truth but for devices that were let out of quarantine, so an app does
 * not get past its quota; it may be more for a minute, until it is counted again. Pure: the clock is an argument.
 */

/** A count reads every device of the app. Before somebody is refused it may be this old, */
const FRESH_COUNT_MS = 60_000
/** and otherwise this old: what is deleted, retired or revived meanwhile is noticed then. */
const OLD_COUNT_MS = 3_600_000
/** A place that was given out this long ago has a device in the database, or never will. */
const IN_FLIGHT_MS = 60_000

export interface DevicePlaces {
  /** By the database, at that time (epoch ms), and given out long enough ago to be certain. */
  readonly counted: number
  readonly countedAt: number
  /** Given out lately: a count may have missed their devices. */
  readonly recent: readonly { readonly at: number; readonly count: number }[]
}

export function usedPlaces({ counted, recent }: DevicePlaces): number {
  return recent.reduce((all, { count }) => all + count, counted)
}

/** Whether the devices have to be counted before this can be decided. */
export function mustCount(places: DevicePlaces | null, wanted: number, limit: number, now: number): boolean {
  if (places === null) return true
  const ageMs = Math.abs(now - places.countedAt)
  return ageMs >= (usedPlaces(places) + wanted > limit ? FRESH_COUNT_MS : OLD_COUNT_MS)
}

/** They were counted. @param startedAt epoch ms before the count: what was given out just before it may be missing */
export function recounted(places: DevicePlaces | null, counted: number, startedAt: number): DevicePlaces {
  const recent = (places?.recent ?? []).filter(({ at }) => at > startedAt - IN_FLIGHT_MS)
  return { counted, countedAt: startedAt, recent }
}

/** Gives out as many of the places as there are. */
export function takePlaces(
  places: DevicePlaces,
  wanted: number,
  limit: number,
  now: number,
): { readonly next: DevicePlaces; readonly granted: number } {
  const granted = Math.min(wanted, Math.max(0, limit - usedPlaces(places)))
  const isOld = ({ at }: { readonly at: number }) => now - at >= IN_FLIGHT_MS
  const counted = places.recent.filter(isOld).reduce((all, { count }) => all + count, places.counted)
  const recent = places.recent.filter((given) => !isOld(given))
  const last = recent.at(-1)
  // One entry a second is enough to know when they are old.
  const isSameSecond = last !== undefined && Math.abs(now - last.at) < 1_000
  const entry = { at: isSameSecond ? last.at : now, count: granted + (isSameSecond ? last.count : 0) }
  return { next: { ...places, counted, recent: [...(isSameSecond ? recent.slice(0, -1) : recent), entry] }, granted }
}
