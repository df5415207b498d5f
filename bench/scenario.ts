/** What a benchmark is, what it gets and what it gives. Types only. */
import type { Openings } from '../dev/command.ts'
import type { BenchSimulators } from './simulators.ts'
import type { Sizes } from './sizes.ts'

export interface Scenario {
  /** For `--only`, and of its file in results/. */
  readonly name: string
  run(bench: Bench): Promise<Findings>
}

export interface Bench {
  readonly sizes: Sizes
  /** The same for all scenarios: a process trusts one authority for its whole life. */
  readonly simulators: BenchSimulators
  /** Closed when the scenario is over, however it ends. */
  readonly openings: Openings
  /** Says how far it is. */
  readonly report: (line: string) => void
}

export interface Findings {
  readonly rows: readonly Row[]
  /** What does not fit into the table: a line each. */
  readonly notes?: readonly string[]
  /** What the rows were made from. */
  readonly details: unknown
}

/** One line of the table. Empty text where a column means nothing. */
export interface Row {
  readonly measured: string
  readonly fanfare: string
  readonly comparedWith: string
  /** Of the medians, then pair by pair. */
  readonly ratio: string
  readonly target: string
  /** null: no target, for the record. */
  readonly met: boolean | null
}
