/** Lets contestants run in turn, so that whatever else the machine does hits all of them alike. */
import type { Platform } from '../push/device.ts'
import type { Contestant, Run } from './contestant.ts'
import type { BenchSimulators } from './simulators.ts'

export interface DuelOptions {
  readonly service: Platform
  /** Runs of each that count. */
  readonly rounds: number
  readonly onRun: (contestant: string, round: number, run: Run) => void
}

/**
 * One run of each to warm up, then round after round. The simulators confirm every run.
 *
 * @returns the runs of each contestant, in the order of the rounds
 */
export async function duel(
  simulators: BenchSimulators,
  contestants: readonly Contestant[],
  { service, rounds, onRun }: DuelOptions,
): Promise<Run[][]> {
  const runs: Run[][] = contestants.map(() => [])
  for (let round = 0; round <= rounds; round++) {
    for (const [index, contestant] of contestants.entries()) {
      await simulators.forget()
      const run = await contestant.run()
      await simulators.expectAccepted(service, run.pushes)
      onRun(contestant.name, round, run)
      if (round > 0) runs[index]!.push(run)
    }
  }
  return runs
}
