import { describe, expect, it } from 'vitest'
import { findingsOfDuel } from './duel-findings.ts'
import type { FirstPushFigures } from './first-push-findings.ts'
import type { GrowthFigures } from './growth-findings.ts'
import type { LatencyPoint } from './latency-findings.ts'
import { collide, textsOf } from './plot/texts-of.ts'
import { type Plottable, plotsOf } from './plots.ts'

function duel(name: string, ours: number, rival: string, theirs: number, target: number | null): Plottable {
  const runs = (perSecond: number) => [{ pushes: perSecond, ms: 1000, cpuMs: null }]
  return { name, details: findingsOfDuel('', runs(ours), [{ name: rival, runs: runs(theirs), target }]).details }
}

function size(devices: number, changed: Partial<GrowthFigures> = {}): GrowthFigures {
  const rates = { devicesPerSecond: 7_000, pushesPerSecond: 30_000, dollarsPerMillion: 0.0123 }
  const peaks = { importPeakMiB: 480, fanoutPeakMiB: 440 }
  return { devices, shards: 1, perDevice: {}, perPush: {}, ...rates, ...peaks, ...changed }
}

function growth(...figures: GrowthFigures[]): Plottable {
  return { name: 'growth', details: { figures } }
}

function latency(slow: number, fast: number): Plottable {
  const points = (['direct', 'egress'] as const).flatMap((wayOut) =>
    [1, 4].flatMap((lanes) =>
      [0, 50, 150].map((latencyMs): LatencyPoint => {
        return { wayOut, lanes, latencyMs, devices: 1, pushesPerSecond: wayOut === 'direct' ? slow : fast }
      }),
    ),
  )
  return { name: 'latency', details: { points } }
}

function firstPush(...all: [p50: number, p95: number, p99: number][]): Plottable {
  const figures = all.map(([p50, p95, p99]): FirstPushFigures => {
    return { wayOut: 'direct', condition: 'one at a time during a campaign', sends: 500, p50, p95, p99 }
  })
  return { name: 'first-push', details: { figures } }
}

const ACCEPT: Plottable = {
  name: 'accept-latency',
  details: {
    unit: 'milliseconds',
    fanfare: [{ p50: 348, p95: 456, p99: 471, perSecond: 139 }],
    bareObject: [{ p50: 257, p95: 338, p99: 373, perSecond: 195 }],
  },
}

describe('the plots', () => {
  it('are those that there are results for', () => {
    expect(plotsOf([])).toEqual([])
    expect(plotsOf([latency(40, 30_000)]).map(({ name }) => name)).toEqual(['latency'])
    const all = [duel('egress-fcm', 3, 'firebase-admin', 1, 1.5), growth(size(10_000)), latency(40, 30_000), ACCEPT]
    expect(plotsOf(all).map(({ name }) => name)).toEqual(['ratios', 'growth', 'latency', 'waits'])
  })

  it('compare us with those only whom we had to beat', () => {
    expect(plotsOf([duel('egress-fcm', 3, 'legacy transport', 1, null)])).toEqual([])
  })

  it.each([
    { of: 'two topics of growing size', results: [growth(size(10_000), size(100_000))] },
    { of: 'three', results: [growth(size(10_000), size(100_000), size(1_000_000))] },
    { of: 'one', results: [growth(size(50_000))] },
    { of: 'memory that is too much', results: [growth(size(10_000), size(1_000_000, { importPeakMiB: 2_100 }))] },
    {
      of: 'memory that nobody could read',
      results: [growth(size(10_000, { importPeakMiB: null, fanoutPeakMiB: null }))],
    },
    { of: 'a price that is too high', results: [growth(size(10_000, { dollarsPerMillion: 1.2 }), size(100_000))] },
    { of: 'throughput, far apart', results: [latency(38, 31_646)] },
    { of: 'throughput, close together', results: [latency(2_000, 2_100)] },
    { of: 'waits, short and long', results: [firstPush([8.4, 9, 12], [480, 900, 2_400]), ACCEPT] },
    { of: 'waits of one length', results: [firstPush([100, 100, 100])] },
    {
      of: 'large and small ratios',
      results: [duel('direct-fcm', 9, 'bare loop', 10, 0.9), duel('egress-webpush', 210, 'web-push', 10, 2)],
    },
  ])('of $of have room for every word', ({ results }) => {
    for (const { svg } of plotsOf(results)) {
      const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!.map(Number)
      const boxes = textsOf(svg)
      expect(boxes.length).toBeGreaterThan(5)
      for (const [index, box] of boxes.entries()) {
        expect([box.left >= 0, box.right <= width!, box.top >= 0, box.bottom <= height!], box.content).not.toContain(
          false,
        )
        const hit = boxes.slice(index + 1).filter((other) => collide(box, other))
        expect(hit.map(({ content }) => `${content} on ${box.content}`)).toEqual([])
      }
    }
  })

  it('hold no number that is none', () => {
    const results = [growth(size(10_000, { importPeakMiB: null })), latency(40, 40), firstPush([1, 1, 1]), ACCEPT]
    for (const { svg } of plotsOf(results)) expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  })
})
