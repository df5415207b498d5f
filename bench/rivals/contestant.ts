/** What a user would otherwise run, as a contestant: a client library in a process of its own. */
import { join } from 'node:path'
import { startChild } from '../../dev/child.ts'
import { fail } from '../../dev/command.ts'
import type { Contestant, Run } from '../contestant.ts'
import type { RivalReady } from './serve-runs.ts'

/** @param module file name beside this one @param options of that module @param pushes that must be accepted */
export async function rivalContestant<Options>(
  name: string,
  module: string,
  options: Options,
  pushes: number,
): Promise<Contestant> {
  const path = join(import.meta.dirname, module)
  const { ready, close } = await startChild<Options, RivalReady>(path, options, { onLost: fail })
  return {
    name,
    run: async () => {
      const response = await fetch(ready.url, { method: 'POST' })
      const text = await response.text()
      if (!response.ok) throw new Error(`${name} failed: ${text}`)
      const run = JSON.parse(text) as Run
      if (run.pushes !== pushes) throw new Error(`of ${pushes} pushes of ${name}, ${run.pushes} were accepted`)
      return run
    },
    close,
  }
}
