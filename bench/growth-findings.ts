/** From one topic at several sizes to rows of the table, and to what the plot shows. Pure. */
import { COST_TARGET, priceUsage, total, type Usage } from './cost/prices.ts'
import type { Tally } from './metered/tally.ts'
import { writeWhole } from './numbers.ts'
import type { Findings, Row } from './scenario.ts'
import { median } from './statistics.ts'

/** One size, as it was measured. */
export interface GrowthPoint {
  readonly devices: number
  /** Objects that held the subscribers in the end. */
  readonly shards: number
  readonly import: {
    readonly seconds: number
    /** Of the workerd process; null where the system does not say. */
    readonly peakMiB: number | null
    readonly tally: Tally
  }
  readonly fanout: {
    readonly peakMiB: number | null
    readonly sends: readonly { readonly usage: Usage; readonly ms: number }[]
  }
}

/** One size, as the results and the plot have it. */
export interface GrowthFigures {
  readonly devices: number
  readonly shards: number
  readonly devicesPerSecond: number
  readonly importPeakMiB: number | null
  /** Of devices: rows and calls each. */
  readonly perDevice: Readonly<Record<string, number>>
  readonly pushesPerSecond: number
  readonly fanoutPeakMiB: number | null
  readonly dollarsPerMillion: number
  /** Of pushes: rows and calls each. */
  readonly perPush: Readonly<Record<string, number>>
}

/** The most that workerd may need for a topic of a million. */
export const MEMORY_TARGET_MIB = 512
const MEMORY_TARGET_DEVICES = 1_000_000

export function findingsOfGrowth(points: readonly GrowthPoint[]): Findings {
  const figures = points.map(figuresOf)
  const rows = figures.flatMap((each) => [
    importRow(each),
    fanoutRow(each),
    costRow(each, figures[0]!),
    memoryRow(each),
  ])
  return { rows, details: { figures } }
}

export function figuresOf({ devices, shards, import: imported, fanout }: GrowthPoint): GrowthFigures {
  const pushes = fanout.sends.reduce((sum, { usage }) => sum + usage.pushes, 0)
  return {
    devices,
    shards,
    devicesPerSecond: Math.round(devices / imported.seconds),
    importPeakMiB: imported.peakMiB,
    perDevice: eachOf([imported.tally], devices),
    pushesPerSecond: Math.round(median(fanout.sends.map(({ ms }) => (devices * 1000) / ms))),
    fanoutPeakMiB: fanout.peakMiB,
    dollarsPerMillion: median(fanout.sends.map(({ usage }) => total(priceUsage(usage)))),
    perPush: eachOf(
      fanout.sends.map(({ usage }) => usage),
      pushes,
    ),
  }
}

const EACH = ['objectRequests', 'objectRowsRead', 'objectRowsWritten', 'd1RowsRead', 'd1RowsWritten'] as const

function eachOf(tallies: readonly Tally[], divisor: number): Record<string, number> {
  const sumOf = (name: (typeof EACH)[number]) => tallies.reduce((sum, tally) => sum + tally[name], 0)
  return Object.fromEntries(EACH.map((name) => [name, Number((sumOf(name) / divisor).toPrecision(3))]))
}

const FOR_THE_RECORD = { comparedWith: '', ratio: '', target: 'for the record', met: null } as const

function importRow({ devices, devicesPerSecond, perDevice }: GrowthFigures): Row {
  const { d1RowsWritten, objectRowsWritten, d1RowsRead, objectRowsRead } = perDevice
  const written = `rows written a device: ${d1RowsWritten} D1, ${objectRowsWritten} object`
  const read = `read: ${d1RowsRead} D1, ${objectRowsRead} object`
  const fanfare = `${writeWhole(devicesPerSecond)} devices/s; ${written}; ${read}`
  return { measured: `import of ${writeWhole(devices)} devices into one topic`, fanfare, ...FOR_THE_RECORD }
}

function fanoutRow({ devices, shards, pushesPerSecond, perPush }: GrowthFigures): Row {
  const { objectRowsRead, objectRowsWritten, d1RowsRead } = perPush
  const rows = `rows a push: ${objectRowsRead} read, ${objectRowsWritten} written, ${d1RowsRead} D1`
  const fanfare = `${writeWhole(pushesPerSecond)}/s; ${rows}; ${writeWhole(shards)} ${shards === 1 ? 'shard' : 'shards'}`
  return { measured: `topic of ${writeWhole(devices)} FCM devices, egress`, fanfare, ...FOR_THE_RECORD }
}

function costRow({ devices, dollarsPerMillion }: GrowthFigures, smallest: GrowthFigures): Row {
  const isSmallest = devices === smallest.devices
  return {
    measured: `a million pushes through the egress, reckoned from a topic of ${writeWhole(devices)}`,
    fanfare: `$${dollarsPerMillion.toFixed(4)}`,
    comparedWith: isSmallest
      ? ''
      : `a topic of ${writeWhole(smallest.devices)}: $${smallest.dollarsPerMillion.toFixed(4)}`,
    ratio: isSmallest ? '' : (dollarsPerMillion / smallest.dollarsPerMillion).toFixed(2),
    target: `≤ $${COST_TARGET.toFixed(2)}`,
    met: dollarsPerMillion <= COST_TARGET,
  }
}

function memoryRow({ devices, importPeakMiB, fanoutPeakMiB }: GrowthFigures): Row {
  const judged = devices >= MEMORY_TARGET_DEVICES
  const show = (peakMiB: number | null) => (peakMiB === null ? 'unknown' : `${peakMiB} MiB`)
  const most = importPeakMiB === null || fanoutPeakMiB === null ? null : Math.max(importPeakMiB, fanoutPeakMiB)
  return {
    measured: `memory of workerd, topic of ${writeWhole(devices)}`,
    fanfare: `import ${show(importPeakMiB)}, fan-out ${show(fanoutPeakMiB)}`,
    comparedWith: '',
    ratio: '',
    target: judged ? `< ${MEMORY_TARGET_MIB} MiB` : 'for the record',
    met: judged && most !== null ? most < MEMORY_TARGET_MIB : null,
  }
}
