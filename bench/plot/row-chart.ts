/** Charts of named rows on one axis: bars from 0, and spans between percentiles. Pure. */
import type { Axis } from './line-chart.ts'
import { type Drawing, element, line, moved, type Picture, text, widthOf } from './svg.ts'

export interface BarRow {
  readonly name: string
  readonly value: number
  /** What it was to reach. */
  readonly target: number
  /** Colour, from 0: rows that belong together share it. */
  readonly series: number
  /** Written after the bar. */
  readonly note: string
}

export interface SpanRow {
  readonly name: string
  /** From left to right; the first is drawn full, the last hollow. */
  readonly values: readonly [p50: number, p95: number, p99: number]
  readonly series: number
  readonly note: string
}

interface Frame {
  readonly title: string
  readonly subtitle: string
  readonly axis: Axis
  readonly rows: readonly { readonly name: string; readonly note: string }[]
}

const TITLE_HEIGHT = 50
const ROW_HEIGHT = 30
const BAR_HEIGHT = 16
const FOOT_HEIGHT = 26
/** A target stands out above and below its bar. */
const TARGET_INSET = 3
const GAP = 10

export function barChart({ rows, ...frame }: Frame & { readonly rows: readonly BarRow[] }, width: number): Picture {
  return rowChart({ rows, ...frame }, width, (index, x) => {
    const { value, target, series } = rows[index]!
    const y = (ROW_HEIGHT - BAR_HEIGHT) / 2
    const bar = element('rect', { class: `bar s${series}`, x: 0, y, width: x(value), height: BAR_HEIGHT, rx: 2 })
    return {
      drawing: [bar, line('target', x(target), TARGET_INSET, x(target), ROW_HEIGHT - TARGET_INSET)],
      end: Math.max(x(value), x(target)),
    }
  })
}

export function spanChart({ rows, ...frame }: Frame & { readonly rows: readonly SpanRow[] }, width: number): Picture {
  return rowChart({ rows, ...frame }, width, (index, x) => {
    const { values, series } = rows[index]!
    const [p50, p95, p99] = values.map(x) as [number, number, number]
    const y = ROW_HEIGHT / 2
    return {
      drawing: [
        element('line', { class: `span s${series}`, x1: p50, y1: y, x2: p99, y2: y }),
        element('circle', { class: `hollow s${series}`, cx: p99, cy: y, r: 4.5 }),
        element('circle', { class: `mark s${series}`, cx: p95, cy: y, r: 4 }),
        element('circle', { class: `mark s${series}`, cx: p50, cy: y, r: 6 }),
      ],
      end: p99,
    }
  })
}

type DrawRow = (index: number, x: (value: number) => number) => { readonly drawing: Drawing[]; readonly end: number }

/** Names on the left, the axis below, and each row's note to the right of whatever the row draws. */
function rowChart({ title, subtitle, axis, rows }: Frame, width: number, draw: DrawRow): Picture {
  const left = Math.max(...rows.map(({ name }) => widthOf(name))) + GAP
  const right = Math.max(...rows.map(({ note }) => widthOf(note))) + GAP
  const area = { width: width - left - right, height: rows.length * ROW_HEIGHT }
  const x = (value: number) => area.width * axis.scale.at(value)
  const drawn = rows.map(({ name, note }, index) => {
    const { drawing, end } = draw(index, x)
    const y = ROW_HEIGHT / 2 + 4
    const words = [
      text(name, { x: -GAP, y, anchor: 'end', class: 'value' }),
      text(note, { x: end + GAP, y, class: 'value' }),
    ]
    return moved(0, index * ROW_HEIGHT, ...drawing, ...words)
  })
  const ticks = axis.scale.ticks.flatMap((tick) => [
    line('grid', x(tick), 0, x(tick), area.height),
    text(axis.write(tick), { x: x(tick), y: area.height + 18, anchor: 'middle' }),
  ])
  const drawing = element(
    'g',
    {},
    text(title, { x: 0, y: 14, class: 'title' }),
    text(subtitle, { x: 0, y: 32 }),
    moved(left, TITLE_HEIGHT, ...ticks, line('axis', 0, area.height, area.width, area.height), ...drawn),
  )
  return { width, height: TITLE_HEIGHT + area.height + FOOT_HEIGHT, drawing }
}
