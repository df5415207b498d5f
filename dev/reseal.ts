/**
 * Has the platform seal its stored secrets with the present CREDENTIALS_KEY, a step after the other, until a whole walk finds
 * nothing more to do. Only asks; what a step does is workers/jobs/reseal.ts.
 */
import type { ApiClient } from './api-client.ts'

interface Step {
  readonly seen: number
  readonly resealed: number
  readonly unreadable: readonly { readonly table: string; readonly key: readonly string[] }[]
  readonly next_cursor: string | null
}

/** What a whole walk found. */
export interface Walk {
  readonly seen: number
  readonly resealed: number
  /** As `table key key`. */
  readonly unreadable: readonly string[]
}

/**
 * The second walk finds nothing to do, unless a Worker that has not the new key yet goes on sealing with the old one. That
 * is over when the deployment has reached every city: seconds, so more walks than this mean that something else is wrong.
 */
const MOST_WALKS = 5

/**
 * @param say told what happens, a line each
 * @throws Error when the walks find no end
 */
export async function resealAll(root: ApiClient, say: (line: string) => void): Promise<Walk> {
  for (let count = 1; count <= MOST_WALKS; count++) {
    const walk = await walkOnce(root, (seen, resealed) =>
      say(`walk ${count}: ${seen} looked at, ${resealed} sealed anew`),
    )
    if (walk.resealed === 0) return walk
  }
  throw new Error(
    `After ${MOST_WALKS} walks there is still something sealed with an older key. Is the deployment with the new key over?`,
  )
}

async function walkOnce(root: ApiClient, note: (seen: number, resealed: number) => void): Promise<Walk> {
  let seen = 0
  let resealed = 0
  const unreadable: string[] = []
  for (let cursor: string | null = null; ; ) {
    const step: Step = await root.post('/v1/secrets/reseal', cursor === null ? {} : { cursor })
    seen += step.seen
    resealed += step.resealed
    unreadable.push(...step.unreadable.map(({ table, key }) => [table, ...key].join(' ')))
    note(seen, resealed)
    cursor = step.next_cursor
    if (cursor === null) return { seen, resealed, unreadable }
  }
}
