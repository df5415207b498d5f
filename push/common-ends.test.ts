import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { commonEnds } from './common-ends.ts'

describe('what texts have in common', () => {
  const rows: [texts: string[], start: string, end: string][] = [
    [[], '', ''],
    [['alone'], '', ''],
    [['{"token":"abc","n":1}', '{"token":"xyz","n":1}'], '{"token":"', '","n":1}'],
    [['same', 'same'], 'same', ''],
    [['aa', 'aaa'], 'aa', ''],
    [['aXa', 'aa'], 'a', 'a'],
    [['one', 'two', ''], '', ''],
  ]
  test.each(rows)('%j begin with %j and end with %j', (texts, start, end) => {
    expect(commonEnds(texts)).toEqual({ start, end })
  })

  test('every text is start, something, end', () => {
    const texts = fc.array(fc.stringMatching(/^(ab|ba|a|b){0,6}$/), { minLength: 2, maxLength: 6 })
    fc.assert(
      fc.property(texts, (list) => {
        const { start, end } = commonEnds(list)
        for (const text of list) {
          expect(text.length).toBeGreaterThanOrEqual(start.length + end.length)
          expect(text.startsWith(start) && text.endsWith(end)).toBe(true)
        }
      }),
    )
  })
})
