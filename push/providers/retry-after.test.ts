import { describe, expect, test } from 'vitest'
import { readRetryAfterSeconds } from './retry-after.ts'

/** One minute before the RFC's example of a date. */
const NOW = Date.UTC(1994, 10, 6, 8, 48, 37)

describe('Retry-After', () => {
  const rows: [value: string, seconds: number | undefined][] = [
    ['120', 120],
    ['0', 0],
    [' 7 ', 7],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 60],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 60],
    ['Sun Nov  6 08:49:37 1994', 60],
    ['Sun, 06 Nov 1994 08:00:00 GMT', 0],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['Sunday', undefined],
    ['', undefined],
  ]
  test.each(rows)('"%s" asks for %s seconds', (value, seconds) => {
    expect(readRetryAfterSeconds({ 'retry-after': value }, NOW)).toBe(seconds)
  })

  test('an answer without the header asks for nothing', () => {
    expect(readRetryAfterSeconds({}, NOW)).toBeUndefined()
  })
})
