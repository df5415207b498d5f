import { describe, expect, it } from 'vitest'
import type { Platform } from './device.ts'
import { MINTING, mayReuse } from './minting.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const NOW = 1_800_000_000_000

/** Minted so many minutes ago, for as long as its service lets it live. */
function mintedAgo(platform: Platform, minutes: number) {
  const mintedAt = NOW - minutes * MINUTE_MS
  return { authorization: 'bearer x', mintedAt, expiresAt: mintedAt + MINTING[platform].lifeMs, version: 1 }
}

describe('a minted provider token', () => {
  it.each<[Platform, minutes: number, refused: string | null, version: number, again: boolean]>([
    ['fcm', 54, null, 1, true],
    ['fcm', 55, null, 1, false],
    ['fcm', 0, 'bearer x', 1, false],
    ['fcm', 0, 'an older one', 1, true],
    ['fcm', 0, null, 2, false],
    ['apns', 49, null, 1, true],
    ['apns', 50, null, 1, false],
    ['apns', 19, 'bearer x', 1, true],
    ['apns', 20, 'bearer x', 1, false],
    ['apns', 1, null, 2, false],
    ['webpush', 659, null, 1, true],
    ['webpush', 660, null, 1, false],
    ['webpush', 59, 'bearer x', 1, true],
    ['webpush', 60, 'bearer x', 1, false],
  ])('of %s, %i minutes old, refused %j, for version %i: handed out again %s', (...row) => {
    const [platform, minutes, refused, version, again] = row
    expect(mayReuse(mintedAgo(platform, minutes), platform, { version, refused }, NOW)).toBe(again)
  })

  it.each([
    ['fcm', HOUR_MS],
    ['apns', HOUR_MS],
    ['webpush', 12 * HOUR_MS],
  ] as const)('of %s is stolen for %i ms at most', (platform, lifeMs) => {
    expect(MINTING[platform].lifeMs).toBe(lifeMs)
  })
})
