/** The picture of one topic at several sizes: pace, price and memory. Pure. */
import { COST_TARGET } from '../cost/prices.ts'
import { type GrowthFigures, MEMORY_TARGET_MIB } from '../growth-findings.ts'
import { writeCount, writeDollars } from '../numbers.ts'
import { inRow, shareOfWidth } from '../plot/layout.ts'
import { type Axis, type LineChart, lineChart, type Series } from '../plot/line-chart.ts'
import { linearScale, measuredScale } from '../plot/scale.ts'
import { svgDocument } from '../plot/svg.ts'

const HEIGHT = 280
const CHARTS = 3
/** The limit's name stands above its line. */
const ROOM_ABOVE_LIMIT = 1.1

export function drawGrowth(figures: readonly GrowthFigures[]): string {
  const x: Axis = { scale: measuredScale(figures.map(({ devices }) => devices)), write: writeCount }
  const seriesOf = (name: string, figureOf: (size: GrowthFigures) => number | null): Series => ({
    name,
    points: figures.flatMap((size) => {
      const y = figureOf(size)
      return y === null ? [] : { x: size.devices, y }
    }),
  })
  const chart = (rest: Pick<LineChart, 'title' | 'series' | 'limit'>, write: Axis['write']) => {
    const values = rest.series.flatMap(({ points }) => points.map(({ y }) => y))
    const highest = Math.max(...values, (rest.limit?.value ?? 0) * ROOM_ABOVE_LIMIT)
    const y = { scale: linearScale([highest]), write }
    return lineChart({ ...rest, x, y, xTitle: 'devices of the topic', legendRows: 1 }, shareOfWidth(CHARTS), HEIGHT)
  }
  const pace = chart(
    {
      title: 'Rate a second',
      series: [
        seriesOf('pushes', ({ pushesPerSecond }) => pushesPerSecond),
        seriesOf('devices imported', ({ devicesPerSecond }) => devicesPerSecond),
      ],
    },
    writeCount,
  )
  const price = chart(
    {
      title: 'Price of a million pushes',
      series: [seriesOf('at list prices', ({ dollarsPerMillion }) => dollarsPerMillion)],
      limit: { value: COST_TARGET, name: 'target' },
    },
    writeDollars,
  )
  const memory = chart(
    {
      title: 'Peak memory of workerd, MiB',
      series: [
        seriesOf('fan-out', ({ fanoutPeakMiB }) => fanoutPeakMiB),
        seriesOf('import', ({ importPeakMiB }) => importPeakMiB),
      ],
      limit: { value: MEMORY_TARGET_MIB, name: `target: ${MEMORY_TARGET_MIB}` },
    },
    writeCount,
  )
  return svgDocument(inRow([pace, price, memory]), 'Pushes a second, price and memory against the size of the topic')
}
