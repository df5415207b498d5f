import { describe, expect, it } from 'vitest'
import { NO_LIMITS } from './access-limits.ts'
import {
  arePublic,
  builtInRights,
  type Excess,
  findExcess,
  NO_RIGHTS,
  publicPartOf,
  type Rights,
  stillHeld,
} from './rights.ts'
import type { Scope } from './roles.ts'

const rights = (scopes: readonly Scope[], limits: Partial<Rights['limits']> = {}): Rights => ({
  scopes,
  limits: { ...NO_LIMITS, ...limits },
})
const ADMIN = builtInRights('admin')!

describe('giving rights away', () => {
  const marketing = rights(['notifications:send', 'keys:manage'], { topics: ['marketing.*'] })

  it.each<[string, Rights, Rights, Excess | null]>([
    ['an admin gives everything', ADMIN, ADMIN, null],
    ['an admin gives a part', rights(['topics:read'], { topics: ['a'] }), ADMIN, null],
    ['a part is no admin', ADMIN, marketing, { scope: 'app:manage' }],
    ['a scope that it has', rights(['notifications:send'], { topics: ['marketing.a'] }), marketing, null],
    [
      'a scope that it has not',
      rights(['topics:read'], { topics: ['marketing.a'] }),
      marketing,
      { scope: 'topics:read' },
    ],
    ['without its limit', rights(['notifications:send']), marketing, { limit: 'topics' }],
    ['with a wider limit', rights(['notifications:send'], { topics: ['m*'] }), marketing, { limit: 'topics' }],
    ['with a limit more', rights([], { topics: ['marketing.*'], categories: ['x'] }), marketing, null],
    ['nothing at all, but of all topics', rights([]), marketing, { limit: 'topics' }],
  ])('%s', (_what, given, held, excess) => {
    expect(findExcess(given, held)).toEqual(excess)
  })
})

describe('what was lent', () => {
  const lent = rights(['topics:read', 'notifications:send'], { topics: ['marketing.*'] })

  it.each<[string, Rights, readonly string[]]>([
    ['the same', lent, ['topics:read', 'notifications:send']],
    ['more', rights(['topics:read', 'notifications:send', 'app:manage']), ['topics:read', 'notifications:send']],
    ['a scope less', rights(['notifications:send'], { topics: ['marketing.*'] }), ['notifications:send']],
    ['a narrower limit', rights(['topics:read', 'notifications:send'], { topics: ['marketing.a*'] }), []],
    ['nothing', NO_RIGHTS, []],
  ])('is what is left of it when the lender has %s', (_what, held, scopes) => {
    expect(stillHeld(lent, held)).toEqual({ scopes, limits: lent.limits })
  })
})

describe('a key that everybody sees', () => {
  it.each<[readonly Scope[], boolean]>([
    [['devices:register'], true],
    [['devices:register', 'topics:read'], false],
    [['tokens:mint'], false],
    [[], false],
  ])('is made for %j: %s', (scopes, expected) => {
    expect(arePublic(rights(scopes))).toBe(expected)
  })

  it('may do nothing but register, also when its role grows', () => {
    const grown = rights(['notifications:send', 'devices:register'], { topics: ['a'] })
    expect(publicPartOf(grown)).toEqual(rights(['devices:register'], { topics: ['a'] }))
  })
})

describe('built-in roles', () => {
  it('have no limits, and only built-in ones are', () => {
    expect(ADMIN.limits).toEqual(NO_LIMITS)
    expect(builtInRights('constructor')).toBeNull()
  })
})
