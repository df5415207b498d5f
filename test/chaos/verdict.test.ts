import { describe, expect, it } from 'vitest'
import { findDelay, findUnaccepted, judgedWaits, p95 } from './verdict.ts'

function story(waitsMs: number[], down: ('fcm' | 'apns' | 'webpush')[] = []) {
  const urgent = waitsMs.map((waitedMs) => ({ service: 'fcm' as const, waitedMs, status: 'accepted' }))
  return { scene: { down }, urgent }
}

describe('urgent sends', () => {
  it.each([
    ['as fast as ever', [100], [100], true],
    ['a little slower on a quiet machine', [2_050], [100], true],
    ['held up by an outage', [2_150], [100], false],
    ['slow on a machine that is slow anyway', [5_900], [3_000], true],
    ['never there', [Number.POSITIVE_INFINITY], [100], false],
  ])('that are %s', (_, waitsMs, quietMs, isFine) => {
    expect(findDelay(story(waitsMs), story(quietMs)) === null).toBe(isFine)
  })

  it('are not judged where the service itself is down', () => {
    expect(judgedWaits(story([9_000], ['fcm']))).toEqual([])
    expect(findDelay(story([9_000], ['fcm']), story([100]))).toBeNull()
  })

  it('must be accepted in the end, whatever was down', () => {
    const [late] = story([9_000], ['fcm']).urgent
    const lost = { scene: { down: ['fcm' as const] }, urgent: [late!, { ...late!, status: 'failed' }] }
    expect(findUnaccepted(lost)).toEqual(['an urgent send to fcm is failed in the end'])
  })

  it('may be late once in twenty times', () => {
    expect(p95([...Array(19).fill(1), 50])).toBe(1)
    expect(p95([...Array(18).fill(1), 50, 50])).toBe(50)
    expect(p95([])).toBe(0)
  })
})
