/** What an audit log does not take is not done. */
import { inTime } from './in-time.ts'
import { ApiProblem } from './problem.ts'

const RETRY_SECONDS = 5

/** What the log has not taken is not done. @throws ApiProblem `overloaded` when it does not take it, or not in time */
export async function takenOrRefused<Answer>(call: Promise<Answer>): Promise<Answer> {
  try {
    return await inTime(call)
  } catch (cause) {
    const detail = 'The audit log did not take this call, so nothing was done. Send it again after Retry-After.'
    throw new ApiProblem('overloaded', detail, { retryAfterSeconds: RETRY_SECONDS, cause })
  }
}
