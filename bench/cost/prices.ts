/**
 * What a million pushes cost at list prices. Pure. Workers Paid, beyond what the monthly base includes:
 * https://developers.cloudflare.com/workers/platform/pricing/ and the pages of the products.
 */
import type { Tally } from '../metered/tally.ts'

/** What was used to carry some pushes. */
export interface Usage extends Tally {
  readonly pushes: number
  /** CPU time of the whole workerd process: an upper bound of what a Worker is billed. */
  readonly cpuMs: number
  /** Object-seconds: how long objects were awake, times how many. */
  readonly objectSeconds: number
}

export interface CostLine {
  readonly meter: string
  /** Units that a million pushes use. */
  readonly perMillion: number
  readonly dollarsPerMillionUnits: number
  readonly dollars: number
}

/** Dollars that a million pushes to a topic may cost, and what they had better cost. */
export const COST_TARGET = 0.05
export const COST_AIM = 0.03

/** An object is billed as 128 MB. */
const OBJECT_GB = 0.128

const METERS: readonly [meter: string, dollarsPerMillionUnits: number, units: (usage: Usage) => number][] = [
  ['queue operations', 0.4, (usage) => usage.queueWrites + usage.queueReads + usage.queueDeletes],
  ['Worker requests', 0.3, (usage) => usage.workerRequests],
  ['Worker CPU ms', 0.02, (usage) => usage.cpuMs],
  ['object requests', 0.15, (usage) => usage.objectRequests],
  ['object GB-s', 12.5, (usage) => usage.objectSeconds * OBJECT_GB],
  ['object rows read', 0.001, (usage) => usage.objectRowsRead],
  ['object rows written', 1, (usage) => usage.objectRowsWritten],
  ['D1 rows read', 0.001, (usage) => usage.d1RowsRead],
  ['D1 rows written', 1, (usage) => usage.d1RowsWritten],
]

export function priceUsage(usage: Usage): CostLine[] {
  return METERS.map(([meter, dollarsPerMillionUnits, units]) => {
    const perMillion = (units(usage) * 1_000_000) / usage.pushes
    return { meter, perMillion, dollarsPerMillionUnits, dollars: (perMillion * dollarsPerMillionUnits) / 1_000_000 }
  })
}

export function total(lines: readonly CostLine[]): number {
  return lines.reduce((sum, { dollars }) => sum + dollars, 0)
}

/** The arithmetic, as short as it can be checked: `queue operations 6,000 × $0.4/M = $0.0024`. */
export function showArithmetic(lines: readonly CostLine[]): string {
  return lines
    .map(({ meter, perMillion, dollarsPerMillionUnits, dollars }) => {
      const units = Math.round(perMillion).toLocaleString('en-US')
      return `${meter} ${units} × $${dollarsPerMillionUnits}/M = $${dollars.toFixed(4)}`
    })
    .join('; ')
}
