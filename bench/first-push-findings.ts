/** From how long single sends took to rows of the table. Pure. */

import { writeMs } from './numbers.ts'
import { type Percentiles, percentilesOf } from './percentiles.ts'
import type { WayOut } from './platform.ts'
import type { Findings, Row } from './scenario.ts'

/** Sends under one condition. */
export interface FirstPushSeries {
  readonly wayOut: WayOut
  /** What else was going on. */
  readonly condition: string
  /** From the POST to the arrival at the push service. */
  readonly latenciesMs: readonly number[]
}

/** As the results and the plot have them. */
export interface FirstPushFigures extends Percentiles {
  readonly wayOut: WayOut
  readonly condition: string
  readonly sends: number
}

export function findingsOfFirstPush(series: readonly FirstPushSeries[]): Findings {
  const figures = series.map(({ wayOut, condition, latenciesMs }): FirstPushFigures => {
    return { wayOut, condition, sends: latenciesMs.length, ...percentilesOf(latenciesMs) }
  })
  return { rows: figures.map(rowOf), details: { unit: 'milliseconds', figures } }
}

function rowOf({ wayOut, condition, sends, p50, p95, p99 }: FirstPushFigures): Row {
  return {
    measured: `POST to first push-service request, one device, high priority, ${wayOut}, ${condition}`,
    fanfare: `p50 ${writeMs(p50)}, p95 ${writeMs(p95)}, p99 ${writeMs(p99)} (${sends.toLocaleString('en-US')} ${sends === 1 ? 'send' : 'sends'})`,
    comparedWith: '',
    ratio: '',
    target: 'for the record',
    met: null,
  }
}
