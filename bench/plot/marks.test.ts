import { describe, expect, it } from 'vitest'
import { LEGEND_LINE, legend, mark } from './marks.ts'
import { MOST_SERIES } from './style.ts'

describe('the legend', () => {
  it('takes one row while there is room and more when there is not', () => {
    const names = ['direct, 1 lane', 'direct, 4 lanes']
    expect(legend(names, 400).height).toBe(LEGEND_LINE)
    expect(legend(names, 150).height).toBe(2 * LEGEND_LINE)
  })
})

describe('marks', () => {
  it('differ in shape, not only in color', () => {
    const shapes = Array.from({ length: MOST_SERIES }, (_, series) => /d="[^"]*"/.exec(mark(series, 0, 0))![0])
    expect(new Set(shapes).size).toBe(MOST_SERIES)
  })
})
