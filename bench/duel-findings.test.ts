import { describe, expect, it } from 'vitest'
import { findingsOfDuel } from './duel-findings.ts'

function runs(...rates: number[]) {
  return rates.map((rate) => ({ pushes: rate * 2, ms: 2000, cpuMs: rate * 0.4 }))
}

describe('the findings of a duel', () => {
  it('compare us with each rival, pair by pair, and by the middle one', () => {
    const { rows } = findingsOfDuel('a topic', runs(900, 1000, 1100), [
      { name: 'bare loop', runs: runs(1000, 1250, 1100), target: 0.85 },
      { name: 'another', runs: runs(500, 500, 500), target: null },
    ])
    expect(rows).toEqual([
      {
        measured: 'a topic',
        fanfare: '1,000/s, 200 µs CPU',
        comparedWith: 'bare loop: 1,100/s, 200 µs CPU',
        ratio: '0.90 (0.90 0.80 1.00)',
        target: '≥ 0.85',
        met: true,
      },
      expect.objectContaining({ ratio: '2.00 (1.80 2.00 2.20)', target: 'for the record', met: null }),
    ])
  })

  it('miss a target that is missed', () => {
    const { rows } = findingsOfDuel('a topic', runs(84), [{ name: 'bare loop', runs: runs(100), target: 0.85 }])
    expect(rows[0]!.met).toBe(false)
  })

  it('say nothing of CPU time that could not be read', () => {
    const unread = [{ pushes: 10, ms: 1000, cpuMs: null }]
    const { rows } = findingsOfDuel('a topic', unread, [{ name: 'bare loop', runs: unread, target: null }])
    expect(rows[0]!.fanfare).toBe('10/s')
  })
})
