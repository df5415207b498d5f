/** Limits on the wire: patterns over topics and categories. Schemas and conversions only. */
import { z } from '@hono/zod-openapi'
import type { AccessLimits } from '../../push/access-limits.ts'
import { isNamePattern } from '../../push/name-pattern.ts'
import { TOPIC_PATTERN } from '../../push/topic-name.ts'

/** Of one list in JSON: a token carries both kinds, and has to stay short enough to be read (push/user-token.ts). */
const MAX_LIST_BYTES = 1_500

const pattern = z.string().refine(isNamePattern, {
  error: 'must be a name, or the beginning of names with a * at its end: marketing.*',
})

const topicPattern = pattern.refine((text) => TOPIC_PATTERN.test(text), {
  error: 'must be made of what topic names are made of: a-z A-Z 0-9 - _ . ~ %',
})

/** An empty list would be a scope that opens nothing: that is said by leaving the scope out. */
function patterns(one: typeof pattern) {
  return z
    .array(one)
    .min(1)
    .refine((list) => new TextEncoder().encode(JSON.stringify(list)).length <= MAX_LIST_BYTES, {
      error: `must have at most ${MAX_LIST_BYTES} bytes as JSON`,
    })
}

export const topicsLimitField = patterns(topicPattern).openapi({
  description:
    'Only topics that one of these stands for: a name, or the beginning of names and `*`. Whoever is limited to topics ' +
    'sends to topics only.',
  example: ['marketing.*'],
})

export const categoriesLimitField = patterns(pattern).openapi({
  description: 'Only notifications of categories that one of these stands for; what has no category is outside.',
  example: ['promo*'],
})

export interface LimitsOnTheWire {
  topics?: readonly string[] | null | undefined
  categories?: readonly string[] | null | undefined
}

/** What is left out is not limited. */
export function limitsFromWire({ topics, categories }: LimitsOnTheWire): AccessLimits {
  return { topics: topics ?? null, categories: categories ?? null }
}
