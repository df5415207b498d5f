import { describe, expect, test } from 'vitest'
import { expirationSeconds, secondsLeft } from './lifetime.ts'

const NOW_SECONDS = 1_800_000_000
const NOW = NOW_SECONDS * 1000

describe('what is left of the life of a push', () => {
  const rows: [name: string, ttlSeconds: number, expiresInMs: number, left: number, expiresInSeconds: number][] = [
    ['at the start is its TTL', 3600, 3_600_000, 3600, 3600],
    ['shrinks with time, in whole seconds', 3600, 1_999, 1, 1],
    ['is nothing when it is over', 3600, -5_000, 0, -5],
    ['is the TTL where our own queues need longer', 5, 60_000, 5, 5],
    ['is nothing for now or never', 0, 60_000, 0, 0],
  ]
  test.each(rows)('%s', (_, ttlSeconds, expiresInMs, left, expiresInSeconds) => {
    const lifetime = { message: { ttlSeconds }, expiresAt: NOW + expiresInMs, now: NOW }
    expect(secondsLeft(lifetime)).toBe(left)
    expect(expirationSeconds(lifetime)).toBe(NOW_SECONDS + expiresInSeconds)
  })
})
