/** The picture of how we compare with bare loops and with the clients people use today. Pure. */
import type { DuelDetails } from '../duel-findings.ts'
import { inRow, shareOfWidth } from '../plot/layout.ts'
import { type BarRow, barChart } from '../plot/row-chart.ts'
import { linearScale } from '../plot/scale.ts'
import { svgDocument } from '../plot/svg.ts'
import { compare } from '../statistics.ts'

/** A duel and what it was about. */
export interface NamedDuel {
  /** `direct, FCM` */
  readonly name: string
  /** Colour, from 0. */
  readonly series: number
  readonly details: DuelDetails
}

/** Null when nobody in these duels had a target. */
export function drawRatios(duels: readonly NamedDuel[]): string | null {
  const rows = duels.flatMap(rowsOf)
  if (rows.length === 0) return null
  const chart = {
    title: 'Pushes a second, as a multiple of what they do',
    subtitle: 'medians of one run on one machine; the upright line is the target',
    axis: { scale: linearScale(rows.flatMap(({ value, target }) => [value, target])), write: String },
    rows,
  }
  return svgDocument(inRow([barChart(chart, shareOfWidth(1))]), 'Our rate as a multiple of the rates of others')
}

function rowsOf({ name, series, details }: NamedDuel): BarRow[] {
  const [ours, ...theirs] = details.contestants
  return theirs.flatMap((rival) => {
    if (typeof rival.target !== 'number') return []
    const value = compare(ours!.rates, rival.rates).typical
    const note = `${value.toFixed(2)} ×, target ${rival.target.toFixed(2)}`
    return { name: `${name} / ${rival.name}`, value, target: rival.target, series, note }
  })
}
