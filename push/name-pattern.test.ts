import { describe, expect, it } from 'vitest'
import { isNamePattern, isWithinAny, matchesAny } from './name-pattern.ts'

describe('a pattern', () => {
  it.each<[string, boolean]>([
    ['news', true],
    ['*', true],
    ['marketing.*', true],
    ['news*', true],
    ['', false],
    ['**', false],
    ['*.marketing', false],
    ['a*b', false],
    ['a.*.b', false],
    ['a**', false],
    // Characters that mean something in other languages mean themselves here.
    ['a?', true],
    ['[a-z]', true],
    ['(a+)+$', true],
    ['a|b', true],
    ['!a', true],
    ['{a,b}', true],
    ['\\', true],
    ['%', true],
  ])('%j is one: %s', (text, expected) => {
    expect(isNamePattern(text)).toBe(expected)
  })
})

describe('a pattern stands for a name', () => {
  it.each<[string, string, boolean]>([
    ['news', 'news', true],
    ['news', 'newsletter', false],
    ['news', 'News', false],
    ['news', 'old.news', false],
    ['marketing.*', 'marketing.spring', true],
    ['marketing.*', 'marketing.spring.shoes', true],
    ['marketing.*', 'marketing.', true],
    ['marketing.*', 'marketing', false],
    ['marketing.*', 'marketingXspring', false],
    ['marketing.*', 'x.marketing.spring', false],
    ['news*', 'newsletter', true],
    ['news*', 'news', true],
    ['*', 'anything', true],
    ['*', '', true],
    ['.*', 'anything', false],
    ['a?', 'ab', false],
    ['[a-z]', 'a', false],
    ['a|b', 'a', false],
    ['(a+)+$', 'aaaa', false],
    ['%', 'a', false],
    ['a%*', 'a%b', true],
    ['caf\u00e9*', 'cafe\u0301', false],
    ['constructor', '__proto__', false],
  ])('%j for %j: %s', (pattern, name, expected) => {
    expect(matchesAny([pattern], name)).toBe(expected)
  })

  it('when one of several does, and never when there is none', () => {
    expect(matchesAny(['a', 'b.*'], 'b.c')).toBe(true)
    expect(matchesAny([], 'a')).toBe(false)
  })
})

describe('a pattern stays within others', () => {
  it.each<[string, readonly string[], boolean]>([
    ['marketing.spring', ['marketing.*'], true],
    ['marketing.*', ['marketing.*'], true],
    ['marketing.spring.*', ['marketing.*'], true],
    ['marketing.*', ['*'], true],
    ['*', ['*'], true],
    ['news', ['news'], true],
    ['news', ['old', 'news'], true],
    ['news*', ['news'], false],
    ['*', ['marketing.*'], false],
    ['marketing*', ['marketing.*'], false],
    ['marketing', ['marketing.*'], false],
    ['m*', ['marketing.*'], false],
    ['news', [], false],
  ])('%j within %j: %s', (pattern, outer, expected) => {
    expect(isWithinAny(pattern, outer)).toBe(expected)
  })

  it('only if every name that it stands for is theirs', () => {
    const patterns = ['*', 'a', 'a*', 'ab', 'ab*', 'b', 'b.*', 'b.c']
    const names = ['', 'a', 'ab', 'abc', 'ac', 'b', 'b.', 'b.c', 'b.cd', 'c']
    for (const inner of patterns) {
      for (const outer of patterns) {
        const strays = names.filter((name) => matchesAny([inner], name) && !matchesAny([outer], name))
        expect([inner, outer, isWithinAny(inner, [outer])]).toEqual([inner, outer, strays.length === 0])
      }
    }
  })
})
