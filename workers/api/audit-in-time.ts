/** Waiting for an audit log: as long as an object may take, and no longer. */
import { ApiProblem } from './problem.ts'

/** An object answers in milliseconds. One that takes this long is overloaded, or is being moved. */
const DEADLINE_MS = 5_000
const RETRY_SECONDS = 5

/** What the log has not taken is not done. @throws ApiProblem `overloaded` when it does not take it, or not in time */
export async function takenOrRefused(call: Promise<unknown>): Promise<void> {
  try {
    await inTime(call)
  } catch (cause) {
    const detail = 'The audit log did not take this call, so nothing was done. Send it again after Retry-After.'
    throw new ApiProblem('overloaded', detail, { retryAfterSeconds: RETRY_SECONDS, cause })
  }
}

/** @throws Error when there is no answer in time */
export async function inTime<Answer>(call: Promise<Answer>): Promise<Answer> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`no answer in ${DEADLINE_MS} ms`)), DEADLINE_MS)
  try {
    return await Promise.race([call, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
