import { expect, it, vi } from 'vitest'
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

it.each([
  ['equal', 'sk_0123456789'],
  ['different at once', 'xk_0123456789'],
  ['different at last', 'sk_012345678x'],
  ['different everywhere', '-------------'],
])('looks at as many characters of texts that are %s: a clock learns nothing', (_what, text) => {
  const looks = vi.spyOn(String.prototype, 'charCodeAt')
  equalInConstantTime(text, 'sk_0123456789')
  const count = looks.mock.calls.length
  looks.mockRestore()
  expect(count).toBe(2 * text.length)
})
