/** From throughput at several latencies to rows of the table. Pure. */

import { writeWhole } from './numbers.ts'
import type { WayOut } from './platform.ts'
import type { Findings, Row } from './scenario.ts'

/** One send to a topic. */
export interface LatencyPoint {
  readonly wayOut: WayOut
  readonly lanes: number
  /** How long the push service took to answer each push. */
  readonly latencyMs: number
  readonly devices: number
  readonly pushesPerSecond: number
}

/** DELIVERY_CONCURRENCY: pushes, or through the egress tickets, that an invocation has in flight. */
const IN_FLIGHT = 6

export function findingsOfLatency(points: readonly LatencyPoint[]): Findings {
  const byPlace = Map.groupBy(points, ({ wayOut, latencyMs }) => `${wayOut} ${latencyMs}`)
  return { rows: [...byPlace.values()].map(rowOf), details: { unit: 'pushes per second', points } }
}

/** Direct, six at a time can do so many a second and no more; null where nothing of that kind is the limit. */
export function ceilingOf({ wayOut, lanes, latencyMs }: LatencyPoint): number | null {
  return wayOut === 'egress' || latencyMs === 0 ? null : (IN_FLIGHT * lanes * 1000) / latencyMs
}

/** One row for a way out and a latency, whatever the number of lanes. */
function rowOf(points: readonly LatencyPoint[]): Row {
  const { wayOut, latencyMs, devices } = points[0]!
  const shown = points.map(({ lanes, pushesPerSecond }) => `${nameLanes(lanes)} ${writeWhole(pushesPerSecond)}/s`)
  const ceilings = points.map(ceilingOf).filter((ceiling) => ceiling !== null)
  const ratios = ceilings.map((ceiling, index) => (points[index]!.pushesPerSecond / ceiling).toFixed(2))
  return {
    measured: `topic of ${writeWhole(devices)} FCM devices, ${wayOut}, each push answered after ${latencyMs} ms`,
    fanfare: shown.join(', '),
    comparedWith: ceilings.length === 0 ? '' : `six in flight a lane: ${ceilings.map(perSecond).join(', ')}`,
    ratio: ratios.join(', '),
    target: 'for the record',
    met: null,
  }
}

export function nameLanes(lanes: number): string {
  return `${lanes} ${lanes === 1 ? 'lane' : 'lanes'}`
}

function perSecond(value: number): string {
  return `${writeWhole(value)}/s`
}
