/** Tables in a terminal. Pure. */

/**
 * Columns in line, two spaces between them.
 *
 * @param lines the first one is the head
 * @param leftColumns how many columns are words; the others are numbers
 */
export function renderColumns(lines: readonly (readonly string[])[], leftColumns: number): string[] {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines.map((line) =>
    line
      .map((cell, column) => (column < leftColumns ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  )
}
