import { expect, it } from 'vitest'
import { equalInConstantTime } from './constant-time.ts'

it.each([
  ['', '', true],
  ['abc', 'abc', true],
  ['abc', 'abd', false],
  ['abc', 'abcabc', false],
  ['abcabc', 'abc', false],
  ['a', '', false],
  ['', 'a', false],
  ['\u0000', '', false],
])('%j and %j: %s', (a, b, equal) => {
  expect(equalInConstantTime(a, b)).toBe(equal)
})
