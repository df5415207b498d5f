import { describe, expect, it } from 'vitest'
import { findingsOfLatency, type LatencyPoint } from './latency-findings.ts'

function point(changed: Partial<LatencyPoint>): LatencyPoint {
  return { wayOut: 'direct', lanes: 1, latencyMs: 50, devices: 2_000, pushesPerSecond: 108, ...changed }
}

describe('the findings of latency', () => {
  it('compare each number of lanes with what six in flight can do', () => {
    const { rows } = findingsOfLatency([point({}), point({ lanes: 4, pushesPerSecond: 432 })])
    expect(rows).toEqual([
      {
        measured: 'topic of 2,000 FCM devices, direct, each push answered after 50 ms',
        fanfare: '1 lane 108/s, 4 lanes 432/s',
        comparedWith: 'six in flight a lane: 120/s, 480/s',
        ratio: '0.90, 0.90',
        target: 'for the record',
        met: null,
      },
    ])
  })

  it.each([
    { what: 'a service that answers at once', changed: { latencyMs: 0 } },
    { what: 'the egress, which has more in flight', changed: { wayOut: 'egress' as const } },
  ])('name no ceiling for $what', ({ changed }) => {
    const { rows } = findingsOfLatency([point(changed)])
    expect(rows[0]).toMatchObject({ comparedWith: '', ratio: '' })
  })
})
