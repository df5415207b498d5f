import { describe, expect, it } from 'vitest'
import { figuresOf, findingsOfGrowth, type GrowthPoint } from './growth-findings.ts'

const NOTHING = {
  workerRequests: 0,
  queueWrites: 0,
  queueReads: 0,
  queueDeletes: 0,
  objectRequests: 0,
  objectRowsRead: 0,
  objectRowsWritten: 0,
  d1RowsRead: 0,
  d1RowsWritten: 0,
}

/** Two rows written a device; one read a push, and a second of CPU for each hundred thousand. */
function point(devices: number, peakMiB: number | null): GrowthPoint {
  const usage = { ...NOTHING, pushes: devices, objectRowsRead: devices, cpuMs: devices / 100, objectSeconds: 0 }
  const sends = [10, 30, 20].map((perSecond) => ({ usage, ms: (devices * 1000) / perSecond }))
  const tally = { ...NOTHING, d1RowsWritten: 2 * devices }
  return { devices, shards: 1, import: { seconds: devices / 50, peakMiB, tally }, fanout: { peakMiB, sends } }
}

describe('the figures of a size', () => {
  it('are per second, per device and per push, whatever the size', () => {
    const [small, large] = [figuresOf(point(1_000, 300)), figuresOf(point(100_000, 300))]
    expect(small).toEqual({
      devices: 1_000,
      shards: 1,
      devicesPerSecond: 50,
      importPeakMiB: 300,
      perDevice: expect.objectContaining({ d1RowsWritten: 2, objectRowsWritten: 0 }),
      pushesPerSecond: 20,
      fanoutPeakMiB: 300,
      dollarsPerMillion: expect.closeTo(0.0012, 10),
      perPush: expect.objectContaining({ objectRowsRead: 1 }),
    })
    expect(large.dollarsPerMillion).toBeCloseTo(small.dollarsPerMillion, 10)
  })
})

describe('the findings of growth', () => {
  it('compare the cost with that of the smallest topic', () => {
    const { rows } = findingsOfGrowth([point(1_000, 300), point(10_000, 300)])
    expect(rows.filter(({ measured }) => measured.startsWith('a million')).map(({ ratio }) => ratio)).toEqual([
      '',
      '1.00',
    ])
  })

  it.each([
    { devices: 1_000_000, peakMiB: 511, met: true },
    { devices: 1_000_000, peakMiB: 512, met: false },
    { devices: 1_000_000, peakMiB: null, met: null },
    { devices: 100_000, peakMiB: 600, met: null },
  ])('judge the memory of $devices devices with a peak of $peakMiB MiB as $met', ({ devices, peakMiB, met }) => {
    const { rows } = findingsOfGrowth([point(devices, peakMiB)])
    expect(rows.at(-1)!.met).toBe(met)
  })
})
