/** Lets contestants run in turn, so that whatever else the machine does hits all of them alike. */
import type { Platform } from '../push/device.ts'
import type { Contestant, Run } from './contestant.ts'
import { describeRuns } from './duel-findings.ts'
import type { BenchSimulators } from './simulators.ts'

export interface DuelOptions {
  readonly service: Platform
  /** Runs of each that count. */
  readonly rounds: number
  /** Says how far it is. */
  readonly report: (line: string) => void
}

/**
 * One run of each to warm up, then round after round. The simulators confirm every run.
 *
 * @returns the runs of each contestant, in the order of the rounds
 */
export async function duel(
  simulators: BenchSimulators,
  contestants: readonly Contestant[],
  { service, rounds, report }: DuelOptions,
): Promise<Run[][]> {
  const runs: Run[][] = contestants.map(() => [])
  for (let round = 0; round <= rounds; round++) {
    const order = [...contestants.entries()]
    // Who comes first has the machine as the other left it, so that changes.
    for (const [index, contestant] of round % 2 === 0 ? order : order.reverse()) {
      await simulators.forget()
      const run = await contestant.run()
      await simulators.expectAccepted(service, run.pushes)
      report(`${nameOfRound(round, rounds)}: ${contestant.name} ${describeRuns([run])}`)
      if (round > 0) runs[index]!.push(run)
    }
  }
  return runs
}

export function nameOfRound(round: number, rounds: number): string {
  return round === 0 ? 'warm-up' : `round ${round} of ${rounds}`
}
