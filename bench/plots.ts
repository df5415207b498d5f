/** Which pictures can be drawn from the results that there are. Pure; files are results.ts. */
import type { Platform } from '../push/device.ts'
import type { DuelDetails } from './duel-findings.ts'
import type { FirstPushFigures } from './first-push-findings.ts'
import type { GrowthFigures } from './growth-findings.ts'
import type { LatencyPoint } from './latency-findings.ts'
import type { WayOut } from './platform.ts'
import { drawGrowth } from './plots/growth.ts'
import { drawLatency } from './plots/latency.ts'
import { drawRatios, type NamedDuel } from './plots/ratios.ts'
import { drawWaits } from './plots/waits.ts'
import type { AcceptDetails } from './scenarios/accept-latency.ts'
import { NAMES } from './service-names.ts'

export interface Plot {
  /** Of its file, without `.svg`. */
  readonly name: string
  /** What there is to see. */
  readonly alt: string
  readonly svg: string
}

/** A result, as far as a plot wants to know. */
export interface Plottable {
  readonly name: string
  readonly details: unknown
}

const WAYS_OUT: readonly WayOut[] = ['direct', 'egress']

/** In the order in which a reader wants them. */
export function plotsOf(results: readonly Plottable[]): Plot[] {
  // Each scenario reads back what it wrote itself.
  const detailsOf = <Details>(name: string) =>
    (results.find((result) => result.name === name)?.details ?? null) as Details | null
  const duels = WAYS_OUT.flatMap((wayOut, series) =>
    (Object.keys(NAMES) as Platform[]).flatMap((service): NamedDuel | [] => {
      const details = detailsOf<DuelDetails>(`${wayOut}-${service}`)
      return details === null ? [] : { name: `${wayOut}, ${NAMES[service]}`, series, details }
    }),
  )
  const growth = detailsOf<{ figures: GrowthFigures[] }>('growth')
  const latency = detailsOf<{ points: LatencyPoint[] }>('latency')
  const firstPush = detailsOf<{ figures: FirstPushFigures[] }>('first-push')
  const drawn: [name: string, alt: string, svg: string | null][] = [
    ['ratios', 'How we compare with bare loops and with other clients', drawRatios(duels)],
    ['growth', 'Pace, price and memory against the size of the topic', growth && drawGrowth(growth.figures)],
    ['latency', 'Throughput against the latency of the push service', latency && drawLatency(latency.points)],
    [
      'waits',
      'How long a request and a first push take',
      drawWaits(detailsOf<AcceptDetails>('accept-latency'), firstPush?.figures ?? []),
    ],
  ]
  return drawn.flatMap(([name, alt, svg]) => (svg === null ? [] : { name, alt, svg }))
}
