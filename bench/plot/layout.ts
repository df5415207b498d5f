/** Puts pictures beside each other, with a margin around them. Pure. */
import { element, moved, type Picture } from './svg.ts'

/** As wide as a README is shown, so that nothing is scaled. */
export const PLOT_WIDTH = 840
export const MARGIN = 20
const GAP = 24

/** The width of each of so many pictures that share a row. */
export function shareOfWidth(count: number): number {
  return Math.floor((PLOT_WIDTH - 2 * MARGIN - (count - 1) * GAP) / count)
}

export function inRow(pictures: readonly Picture[]): Picture {
  let x = MARGIN
  const placed = pictures.map(({ width, drawing }) => {
    const at = moved(x, MARGIN, drawing)
    x += width + GAP
    return at
  })
  const height = Math.max(...pictures.map((picture) => picture.height)) + 2 * MARGIN
  return { width: PLOT_WIDTH, height, drawing: element('g', {}, ...placed) }
}
