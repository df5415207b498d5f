import { describe, expect, test } from 'vitest'
import { isTopicName } from './topic-name.ts'

describe('isTopicName', () => {
  test.each(['a', 'news', 'News-2026_v1.0~beta', '100%', '...', '%2e', 'a'.repeat(900)])('%s is one', (name) => {
    expect(isTopicName(name)).toBe(true)
  })

  test.each(['', '.', '..', ' ', 'a b', 'a/b', '/topics/news', 'a:b', 'é', 'a\n', 'a'.repeat(901)])(
    '%j is none',
    (name) => {
      expect(isTopicName(name)).toBe(false)
    },
  )
})
