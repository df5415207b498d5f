import { describe, expect, it } from 'vitest'
import { type AccessLimits, NO_LIMITS } from './access-limits.ts'
import { claimsOf, limitsOfClaims } from './limit-claims.ts'

describe('the limits of a token', () => {
  it.each<AccessLimits>([
    NO_LIMITS,
    { topics: ['marketing.*'], categories: null },
    { topics: ['a', 'b'], categories: ['promo*'] },
  ])('%j are in its claims as they are', (limits) => {
    expect(limitsOfClaims(JSON.parse(JSON.stringify(claimsOf(limits))))).toEqual(limits)
  })

  it('are not mentioned where there are none', () => {
    expect(claimsOf(NO_LIMITS)).toEqual({})
  })

  it.each([null, 'news', [1], { 0: 'news' }])('let nothing through when the claim is %j', (claim) => {
    expect(limitsOfClaims({ topics: claim })).toEqual({ topics: [], categories: null })
  })
})
