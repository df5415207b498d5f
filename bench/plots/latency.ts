/** The picture of throughput against the latency of the push service. Pure. */
import { type LatencyPoint, nameLanes } from '../latency-findings.ts'
import { writeCount, writeMs } from '../numbers.ts'
import { inRow, shareOfWidth } from '../plot/layout.ts'
import { lineChart, type Series } from '../plot/line-chart.ts'
import { linearScale, logScale } from '../plot/scale.ts'
import { svgDocument } from '../plot/svg.ts'

const HEIGHT = 340
/** Of the x axis: 0, 50, 100, 150 ms. */
const X_STEPS = 3

export function drawLatency(points: readonly LatencyPoint[]): string {
  const byPlace = Map.groupBy(points, ({ wayOut, lanes }) => `${wayOut}, ${nameLanes(lanes)}`)
  const series = [...byPlace].map(([name, own]): Series => {
    return { name, points: own.map(({ latencyMs, pushesPerSecond }) => ({ x: latencyMs, y: pushesPerSecond })) }
  })
  const chart = {
    title: 'Pushes a second to one FCM topic',
    xTitle: 'time until the push service answers a push',
    x: {
      scale: linearScale(
        points.map(({ latencyMs }) => latencyMs),
        X_STEPS,
      ),
      write: writeMs,
    },
    y: { scale: logScale(points.map(({ pushesPerSecond }) => pushesPerSecond)), write: writeCount },
    series,
  }
  return svgDocument(
    inRow([lineChart(chart, shareOfWidth(1), HEIGHT)]),
    'Pushes a second against the latency of the push service',
  )
}
