/** The picture of how long a request and a first push take. Pure. */
import type { FirstPushFigures } from '../first-push-findings.ts'
import { writeMs } from '../numbers.ts'
import type { Percentiles } from '../percentiles.ts'
import { inRow, shareOfWidth } from '../plot/layout.ts'
import { type SpanRow, spanChart } from '../plot/row-chart.ts'
import { logScale } from '../plot/scale.ts'
import { svgDocument } from '../plot/svg.ts'
import type { AcceptDetails } from '../scenarios/accept-latency.ts'
import { median } from '../statistics.ts'

/** Null when neither was measured. */
export function drawWaits(accept: AcceptDetails | null, firstPush: readonly FirstPushFigures[]): string | null {
  const rows = [
    ...(accept === null
      ? []
      : [
          rowOf('POST to 202, 50 in flight', medians(accept.fanfare), 1),
          rowOf('the same, one bare object a request', medians(accept.bareObject), 2),
        ]),
    ...firstPush.map((figures) => rowOf(`POST to push, ${figures.wayOut}, ${figures.condition}`, figures, 0)),
  ]
  if (rows.length === 0) return null
  const chart = {
    title: 'How long it takes',
    subtitle: 'half of them, 95 and 99 of a hundred took no longer; the axis is logarithmic',
    axis: { scale: logScale(rows.flatMap(({ values }) => values)), write: writeMs },
    rows,
  }
  return svgDocument(
    inRow([spanChart(chart, shareOfWidth(1))]),
    'Percentiles of the time to accept a notification and to its first push',
  )
}

function rowOf(name: string, { p50, p95, p99 }: Percentiles, series: number): SpanRow {
  return { name, values: [p50, p95, p99], series, note: `${writeMs(p50)}, ${writeMs(p95)}, ${writeMs(p99)}` }
}

/** Of each percentile, the median of the rounds. */
function medians(rounds: readonly Percentiles[]): Percentiles {
  const of = (name: keyof Percentiles) => median(rounds.map((round) => round[name]))
  return { p50: of('p50'), p95: of('p95'), p99: of('p99') }
}
