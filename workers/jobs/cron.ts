/**
 * What is done once a minute: each job takes a bounded step of its work and leaves the rest to the next minute. A job
 * that fails is reported and does not keep the others from their step.
 */
import { deleteExpiredSecrets } from './delete-expired-secrets.ts'
import { releaseQuarantine } from './release-quarantine.ts'
import { removeDeletedApps } from './remove-deleted-apps.ts'
import { removeDeletedTopics } from './remove-deleted-topics.ts'
import { sweepStale } from './sweep-stale.ts'

const JOBS: Readonly<Record<string, (env: Env, now: number) => Promise<void>>> = {
  'sweep-stale': sweepStale,
  'release-quarantine': releaseQuarantine,
  'remove-deleted-topics': removeDeletedTopics,
  'remove-deleted-apps': removeDeletedApps,
  'delete-expired-secrets': deleteExpiredSecrets,
}

/** @param now epoch ms */
export async function runJobs(env: Env, now: number): Promise<void> {
  for (const [job, step] of Object.entries(JOBS)) {
    try {
      await step(env, now)
    } catch (error) {
      console.error('a job failed, the next minute repeats its step', { job, error: String(error) })
    }
  }
}
