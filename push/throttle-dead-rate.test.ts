import { describe, expect, it } from 'vitest'
import { abnormalShare, type DeadRateState, enterDeaths, isAbnormal, UNKNOWN_DEAD_RATE } from './throttle-dead-rate.ts'

const NOW = Date.UTC(2026, 10, 23, 12)
const WINDOW_MS = 5 * 60_000

/** Windows of so many answers, each with its share of deaths. */
function seen(windows: readonly [answers: number, share: number][], from = UNKNOWN_DEAD_RATE): DeadRateState {
  return windows.reduce((state, [answers, share], index) => {
    const dead = Math.round(answers * share)
    return enterDeaths(state, answers - dead, dead, NOW + index * WINDOW_MS)
  }, from)
}

describe('an abnormal rate of dead addresses', () => {
  it.each<[string, [number, number][], boolean]>([
    ['two per cent', [[10_000, 0.02]], false],
    ['a fifth', [[1_000, 0.2]], false],
    ['a quarter', [[1_000, 0.25]], true],
    ['everybody, but only few', [[199, 1]], false],
    ['everybody', [[200, 1]], true],
    [
      'a quarter where a twentieth is usual',
      [
        [1_000, 0.05],
        [1_000, 0.05],
        [1_000, 0.3],
      ],
      false,
    ],
    [
      'a half where a twentieth is usual',
      [
        [1_000, 0.05],
        [1_000, 0.05],
        [3_000, 0.5],
      ],
      true,
    ],
  ])('%s, in windows of %j, is told: %s', (_what, windows, abnormal) => {
    expect(seen(windows).abnormal).toBe(abnormal)
  })

  it('ends at half of what set it off, not just below it', () => {
    const alarmed = seen([[1_000, 0.4]])
    expect(enterDeaths(alarmed, 1_500, 0, NOW + 1).abnormal).toBe(true)
    expect(enterDeaths(alarmed, 4_000, 0, NOW + 1).abnormal).toBe(false)
  })

  it('ends when nothing has confirmed it for a while', () => {
    const alarmed = seen([[1_000, 1]])
    expect(enterDeaths(alarmed, 1, 0, NOW + 20 * 60_000).abnormal).toBe(false)
  })

  it('ends by itself when nobody is sent to any more', () => {
    const alarmed = seen([[1_000, 1]])
    expect(isAbnormal(alarmed, NOW + 2 * WINDOW_MS - 1)).toBe(true)
    expect(isAbnormal(alarmed, NOW + 2 * WINDOW_MS)).toBe(false)
  })

  it('does not become normal by lasting', () => {
    const windows = Array.from({ length: 20 }, (): [number, number] => [1_000, 0.9])
    expect(seen(windows)).toMatchObject({ abnormal: true })
    expect(abnormalShare(seen(windows).normalShare)).toBe(0.2)
  })
})
