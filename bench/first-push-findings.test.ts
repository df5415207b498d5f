import { describe, expect, it } from 'vitest'
import { findingsOfFirstPush } from './first-push-findings.ts'

describe('the findings of the first push', () => {
  it('are percentiles, a row for each condition', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1)
    const { rows, details } = findingsOfFirstPush([
      { wayOut: 'direct', condition: 'one at a time', latenciesMs: hundred },
      { wayOut: 'egress', condition: '20 in flight', latenciesMs: [7.25] },
    ])
    expect(rows.map(({ measured, fanfare }) => [measured.split('high priority, ')[1], fanfare])).toEqual([
      ['direct, one at a time', 'p50 50 ms, p95 95 ms, p99 99 ms (100 sends)'],
      ['egress, 20 in flight', 'p50 7.3 ms, p95 7.3 ms, p99 7.3 ms (1 send)'],
    ])
    expect(details).toMatchObject({ figures: [{ sends: 100, p50: 50, p95: 95, p99: 99 }, { p50: 7.25 }] })
  })
})
