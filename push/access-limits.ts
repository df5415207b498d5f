/**
 * The limits of a caller: the topics and categories that its scopes reach. The one place that decides whether something
 * is within them. Pure; workers/api/within-limits.ts turns a refusal into an answer.
 *
 * A limit narrows what is about topics, or what is sent; it takes no call away, which is what scopes are for.
 */
import { isWithinAny, matchesAny } from './name-pattern.ts'

export interface AccessLimits {
  /** Patterns (push/name-pattern.ts); null: all topics, and recipients that no topic names. */
  readonly topics: readonly string[] | null
  /** Patterns; null: all categories, and what has none. */
  readonly categories: readonly string[] | null
}

export const NO_LIMITS: AccessLimits = { topics: null, categories: null }

/** What a notification is about, as far as limits are concerned. */
export interface Subject {
  /** Null: its recipients are named, users or devices. */
  readonly topic: string | null
  readonly category: string | null
}

export function isLimited(limits: AccessLimits): boolean {
  return limits.topics !== null || limits.categories !== null
}

/**
 * Why a notification is outside the limits: of which field, and whether it has another value or none. Null: it is within.
 *
 * Whoever is limited to topics reaches nobody by name: each user and device could be in any topic. Whoever is limited to
 * categories has to name one: what has none is in none.
 */
export type SubjectRefusal = 'no_topic' | 'other_topic' | 'no_category' | 'other_category'

export function refuseSubject(limits: AccessLimits, { topic, category }: Subject): SubjectRefusal | null {
  if (limits.topics !== null) {
    if (topic === null) return 'no_topic'
    if (!matchesAny(limits.topics, topic)) return 'other_topic'
  }
  if (limits.categories !== null) {
    if (category === null) return 'no_category'
    if (!matchesAny(limits.categories, category)) return 'other_category'
  }
  return null
}

/** Whether the caller may read, change or subscribe to the topic. */
export function reachesTopic(limits: AccessLimits, topic: string): boolean {
  return limits.topics === null || matchesAny(limits.topics, topic)
}

/** The first of the limits that is wider than the outer ones; null: none is. */
export function findWider(limits: AccessLimits, outer: AccessLimits): keyof AccessLimits | null {
  if (isWider(limits.topics, outer.topics)) return 'topics'
  return isWider(limits.categories, outer.categories) ? 'categories' : null
}

function isWider(patterns: readonly string[] | null, outer: readonly string[] | null): boolean {
  if (outer === null) return false
  return patterns === null || !patterns.every((pattern) => isWithinAny(pattern, outer))
}
