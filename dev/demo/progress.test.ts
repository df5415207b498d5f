import { describe, expect, it } from 'vitest'
import { rateOf, renderBars, renderLine, retriesOf } from './progress.ts'
import { fcmSnapshot, inbox } from './samples.ts'

describe('the rate', () => {
  const at = (elapsedMs: number, accepted: number) =>
    fcmSnapshot({ targeted: 9_000, accepted, pending: 9_000 - accepted }, {}, elapsedMs)

  it('is that of the last second', () => {
    expect(rateOf([at(0, 0), at(1_000, 500), at(2_000, 4_500)])).toBe(4_000)
  })

  it('is that of the whole send while it is younger', () => {
    expect(rateOf([at(0, 0), at(500, 1_000)])).toBe(2_000)
  })

  it('is nothing before anything was seen', () => {
    expect(rateOf([])).toBe(0)
  })
})

it('counts as a retry what a service put off or did not answer, and nothing that it decided', () => {
  expect(retriesOf(inbox({ by_status: { 0: 1, 200: 90, 404: 5, 429: 2, 500: 3, 503: 4 } }))).toBe(10)
})

describe('what the terminal shows', () => {
  const ledger = { targeted: 2_000, accepted: 960, unregistered: 30, failed: 10, pending: 1_000 }
  const snapshot = fcmSnapshot(ledger, { by_status: { 503: 7 } })

  it('has a bar for the whole and one a platform', () => {
    expect(renderBars([snapshot])).toEqual([
      '  ████████████████████░░░░░░░░░░░░░░░░░░░░  50 %  1,000 of 2,000  1,000/s  1.0 s  sending',
      '  FCM       ██████████░░░░░░░░░░ 1,000 of 2,000  30 dead  10 failed  7 retries',
      '  APNs      ░░░░░░░░░░░░░░░░░░░░',
      '  Web Push  ░░░░░░░░░░░░░░░░░░░░',
    ])
  })

  it('says the same in one line of a log', () => {
    expect(renderLine([snapshot])).toBe(
      '   50 %  1,000 of 2,000, 1,000/s, FCM 1,000 of 2,000, APNs 0, Web Push 0, 7 retries',
    )
  })
})
