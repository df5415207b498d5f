/** Where a test's platform keeps its state and its log: gone afterwards, unless something was wrong. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface StateDirectory {
  readonly path: string
  /** Leaves it where it is, for whoever looks into what was wrong. */
  keep(): void
  close(): Promise<void>
}

/** @param name of the test */
export async function makeStateDirectory(name: string): Promise<StateDirectory> {
  const path = await mkdtemp(join(tmpdir(), `fanfare-${name}-`))
  let kept = false
  return {
    path,
    keep: () => {
      kept = true
    },
    close: async () => {
      if (kept) console.log(`The state and the log are kept in ${path}`)
      else await rm(path, { recursive: true, force: true })
    },
  }
}
