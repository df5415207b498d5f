/** The three percentiles that the benchmarks name. Pure. */
import { percentile } from './statistics.ts'

export interface Percentiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** @throws RangeError on none */
export function percentilesOf(values: readonly number[]): Percentiles {
  return { p50: percentile(values, 0.5), p95: percentile(values, 0.95), p99: percentile(values, 0.99) }
}
