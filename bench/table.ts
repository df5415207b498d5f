/** The table of the benchmarks, for a terminal and for Markdown. Pure. */
import type { Row } from './scenario.ts'

const HEADERS = ['measured', 'Fanfare', 'compared with', 'ratio (pair by pair)', 'target', ''] as const

function cellsOf({ measured, fanfare, comparedWith, ratio, target, met }: Row): string[] {
  return [measured, fanfare, comparedWith, ratio, target, met === null ? '' : met ? 'met' : 'MISSED']
}

/** Columns in line, two spaces between them. */
export function renderText(rows: readonly Row[]): string {
  const lines = [[...HEADERS], ...rows.map(cellsOf)]
  const widths = HEADERS.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)))
  return lines.map((cells) => pad(cells, widths)).join('\n')
}

function pad(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => cell.padEnd(widths[column]!))
    .join('  ')
    .trimEnd()
}

export function renderMarkdown(rows: readonly Row[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(HEADERS), line(HEADERS.map(() => '---')), ...rows.map((row) => line(cellsOf(row)))].join('\n')
}
