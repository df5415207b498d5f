/** A chart with two axes: lines with a mark where something was measured. Pure. */
import { LEGEND_LINE, legend, mark } from './marks.ts'
import type { Scale } from './scale.ts'
import { type Drawing, element, line, moved, type Picture, text, widthOf } from './svg.ts'

export interface Series {
  readonly name: string
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

/** An axis with how its ticks are written. */
export interface Axis {
  readonly scale: Scale
  readonly write: (value: number) => string
}

export interface LineChart {
  /** What the y axis shows, with its unit. */
  readonly title: string
  /** What the x axis shows. */
  readonly xTitle: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
  /** A value that was not to be crossed. */
  readonly limit?: { readonly value: number; readonly name: string }
  /** Rows that the legend takes at least: charts side by side begin at the same height. */
  readonly legendRows?: number
}

const TITLE_HEIGHT = 24
/** Below the x axis: its ticks and what it shows. */
const FOOT_HEIGHT = 42
const TICK_GAP = 8
/** Between the legend and the highest tick. */
const LEGEND_GAP = 14
/** Half a tick label may stand out on the right. */
const RIGHT_MARGIN = 16
/** The first and the last value of the x axis stand clear of its ends. */
const INSET = 14

export function lineChart(chart: LineChart, width: number, height: number): Picture {
  const key = legend(
    chart.series.map(({ name }) => name),
    width,
  )
  const top = TITLE_HEIGHT + Math.max(key.height, (chart.legendRows ?? 1) * LEGEND_LINE) + LEGEND_GAP
  const left = Math.max(...chart.y.scale.ticks.map((tick) => widthOf(chart.y.write(tick)))) + TICK_GAP
  const area = { width: width - left - RIGHT_MARGIN, height: height - top - FOOT_HEIGHT }
  const drawing = element(
    'g',
    {},
    text(chart.title, { x: 0, y: 14, class: 'title' }),
    moved(0, TITLE_HEIGHT, key.drawing),
    moved(left, top, ...yAxis(chart.y, area), ...xAxis(chart, area), ...limitOf(chart, area), ...lines(chart, area)),
  )
  return { width, height, drawing }
}

interface Area {
  readonly width: number
  readonly height: number
}

function yAxis({ scale, write }: Axis, area: Area): Drawing[] {
  return scale.ticks.flatMap((tick) => {
    const y = area.height * (1 - scale.at(tick))
    return [line('grid', 0, y, area.width, y), text(write(tick), { x: -TICK_GAP, y: y + 4, anchor: 'end' })]
  })
}

function xAxis({ x: { scale, write }, xTitle }: LineChart, area: Area): Drawing[] {
  const y = area.height
  return [
    line('axis', 0, y, area.width, y),
    ...scale.ticks.flatMap((tick) => {
      const x = across(area, scale, tick)
      return [line('axis', x, y, x, y + 4), text(write(tick), { x, y: y + 18, anchor: 'middle' })]
    }),
    text(xTitle, { x: area.width / 2, y: y + 36, anchor: 'middle' }),
  ]
}

function across({ width }: Area, scale: Scale, value: number): number {
  return INSET + (width - 2 * INSET) * scale.at(value)
}

function limitOf({ limit, y }: LineChart, area: Area): Drawing[] {
  if (limit === undefined) return []
  const at = area.height * (1 - y.scale.at(limit.value))
  return [
    line('limit', 0, at, area.width, at),
    text(limit.name, { x: area.width, y: at - 5, class: 'limit-text', anchor: 'end' }),
  ]
}

/** Lines first: no line runs over another one's mark. */
function lines({ series, x, y }: LineChart, area: Area): Drawing[] {
  const placed = series.map(({ points }) =>
    points.map((point) => ({ x: across(area, x.scale, point.x), y: area.height * (1 - y.scale.at(point.y)) })),
  )
  return [
    ...placed.map((points, index) => {
      const path = points.map((point) => `${point.x.toFixed(1)} ${point.y.toFixed(1)}`).join('L')
      return element('path', { class: `line s${index}`, d: `M${path}` })
    }),
    ...placed.flatMap((points, index) => points.map((point) => mark(index, point.x, point.y))),
  ]
}
