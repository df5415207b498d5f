import { expect, it } from 'vitest'
import { isCondition } from './condition.ts'

it.each([
  "'a' in topics",
  "  'a'  in   topics  ",
  "'a' in topics && 'b' in topics",
  "'a' in topics && ('b' in topics || 'c' in topics)",
  "!('a' in topics)",
  "!!'a' in topics",
  "(('a' in topics))",
  "'a-_.~%1' in topics||'b' in topics",
  "'a' in topics && 'b' in topics && 'c' in topics && 'd' in topics && 'e' in topics",
])('takes %s', (condition) => {
  expect(isCondition(condition)).toBe(true)
})

it.each([
  '',
  'news',
  "'a'",
  "'a' in topic",
  "'a' in topicsx",
  "'a b' in topics",
  "'a' in topics &&",
  "&& 'a' in topics",
  "'a' in topics 'b' in topics",
  "('a' in topics",
  "'a' in topics)",
  '()',
  "'a' in topics & 'b' in topics",
  "'a' in topics && 'b' in topics && 'c' in topics && 'd' in topics && 'e' in topics && 'f' in topics",
])('refuses %s', (condition) => {
  expect(isCondition(condition)).toBe(false)
})
