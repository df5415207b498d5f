/** The marks of the series, each of another shape, and the legend that says which is whose. Pure. */
import { type Drawing, element, moved, text, widthOf } from './svg.ts'

const SHAPES: readonly string[] = [
  'M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z',
  'M-4-4h8v8h-8z',
  'M0-5.2L5 3.8H-5z',
  'M0-5.5L5.5 0L0 5.5L-5.5 0z',
]

/** @param series its place among the series of the plot, from 0 */
export function mark(series: number, x: number, y: number): Drawing {
  return moved(x, y, element('path', { class: `mark s${series}`, d: SHAPES[series]! }))
}

export const LEGEND_LINE = 18
const SWATCH_WIDTH = 18
const GAP = 14

/** Names in a row, or in as many rows as they need. */
export function legend(
  names: readonly string[],
  width: number,
): { readonly drawing: Drawing; readonly height: number } {
  let x = 0
  let row = 0
  const entries = names.map((name, series) => {
    const own = SWATCH_WIDTH + widthOf(name)
    if (x > 0 && x + own > width) {
      x = 0
      row += 1
    }
    const y = row * LEGEND_LINE
    const drawn = [mark(series, x + 6, y + 8), text(name, { x: x + SWATCH_WIDTH, y: y + 12 })]
    x += own + GAP
    return element('g', {}, ...drawn)
  })
  return { drawing: element('g', {}, ...entries), height: (row + 1) * LEGEND_LINE }
}
