import { describe, expect, it } from 'vitest'
import { type AccessLimits, findWider, isLimited, NO_LIMITS, reachesTopic, refuseSubject } from './access-limits.ts'

const TOPICS: AccessLimits = { topics: ['marketing.*', 'news'], categories: null }
const CATEGORIES: AccessLimits = { topics: null, categories: ['promo*'] }
const BOTH: AccessLimits = { topics: ['marketing.*'], categories: ['promo*'] }

describe('what a notification is about', () => {
  it.each<[string, AccessLimits, string | null, string | null, string | null]>([
    ['no limits', NO_LIMITS, 'anything', null, null],
    ['no limits', NO_LIMITS, null, 'alerts', null],
    ['topics', TOPICS, 'marketing.spring', null, null],
    ['topics', TOPICS, 'news', 'alerts', null],
    ['topics', TOPICS, 'newsletter', null, 'other_topic'],
    ['topics', TOPICS, null, null, 'no_topic'],
    ['categories', CATEGORIES, 'anything', 'promotions', null],
    ['categories', CATEGORIES, null, 'promo', null],
    ['categories', CATEGORIES, null, 'alerts', 'other_category'],
    ['categories', CATEGORIES, 'anything', null, 'no_category'],
    ['both', BOTH, 'marketing.a', 'promo', null],
    ['both', BOTH, 'marketing.a', null, 'no_category'],
    ['both', BOTH, 'news', 'promo', 'other_topic'],
    ['none at all', { topics: [], categories: null }, 'news', null, 'other_topic'],
  ])('with limits of %s %j: topic %s, category %s → %s', (_what, limits, topic, category, refusal) => {
    expect(refuseSubject(limits, { topic, category })).toBe(refusal)
  })
})

describe('a topic', () => {
  it('is reached when the topics are not limited, or one of the patterns is for it', () => {
    expect(reachesTopic(NO_LIMITS, 'secret')).toBe(true)
    expect(reachesTopic(CATEGORIES, 'secret')).toBe(true)
    expect(reachesTopic(TOPICS, 'news')).toBe(true)
    expect(reachesTopic(TOPICS, 'secret')).toBe(false)
  })
})

describe('limits', () => {
  it('are limits when one of them is', () => {
    expect([NO_LIMITS, TOPICS, CATEGORIES, BOTH].map(isLimited)).toEqual([false, true, true, true])
  })

  it.each<[AccessLimits, AccessLimits, string | null]>([
    [NO_LIMITS, NO_LIMITS, null],
    [BOTH, NO_LIMITS, null],
    [BOTH, TOPICS, null],
    [BOTH, CATEGORIES, null],
    [TOPICS, TOPICS, null],
    [NO_LIMITS, TOPICS, 'topics'],
    [CATEGORIES, TOPICS, 'topics'],
    [TOPICS, BOTH, 'topics'],
    [{ topics: ['marketing.a'], categories: null }, BOTH, 'categories'],
    [{ topics: ['marketing.a', 'secret'], categories: ['promo'] }, BOTH, 'topics'],
    [{ topics: [], categories: ['promotion.*'] }, BOTH, null],
  ])('%j are wider than %j in: %s', (limits, outer, wider) => {
    expect(findWider(limits, outer)).toBe(wider)
  })
})
