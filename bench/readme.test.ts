import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { replaceMarked, showPlots } from './readme.ts'
import { renderMarkdown, renderText } from './table.ts'

const README = readFileSync(new URL('./README.md', import.meta.url), 'utf8')

const ROW = { measured: 'm', fanfare: '1/s', comparedWith: 'b: 2/s', ratio: '0.50 (0.50)', target: '≥ 0.85' }

describe('the README of the benchmarks', () => {
  it('has a place for the table, and only that place changes', () => {
    const once = replaceMarked(README, 'ONE')
    expect(once).toContain('ONE')
    expect(replaceMarked(once, 'TWO')).toBe(replaceMarked(README, 'TWO'))
  })

  it('is refused without that place', () => {
    expect(() => replaceMarked('# Benchmarks', 'ONE')).toThrow('markers')
  })
})

describe('the pictures', () => {
  it('are shown with what there is to see', () => {
    expect(showPlots([{ name: 'growth', alt: 'Memory against size' }])).toEqual([
      '![Memory against size](results/growth.svg)',
    ])
  })
})

describe('the table', () => {
  it('is Markdown in the README', () => {
    expect(renderMarkdown([{ ...ROW, met: false }]).split('\n')[2]).toBe(
      '| m | 1/s | b: 2/s | 0.50 (0.50) | ≥ 0.85 | MISSED |',
    )
  })

  it('has its columns in line in a terminal', () => {
    const lines = renderText([
      { ...ROW, met: true },
      { ...ROW, fanfare: '1,000,000/s', met: null },
    ]).split('\n')
    const starts = lines.map((line) => [line.indexOf('b: 2/s'), line.indexOf('≥')])
    expect(starts[1]).toEqual(starts[2])
    expect(lines[1]).toMatch(/met$/)
    expect(lines[2]).toMatch(/0\.85$/)
  })
})
