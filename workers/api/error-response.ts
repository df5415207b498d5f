/**
 * The only place that turns an error into a Response: `application/problem+json` (RFC 9457). Three tiers: our
 * own problems, the framework's, and what nobody expected.
 */
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { SealError } from '../../push/sealing.ts'
import type { ApiEnv } from './context.ts'
import { ApiProblem, PROBLEMS, type ProblemCode } from './problem.ts'

/** Shown instead of what an unexpected error says: that is for the log. */
const INTERNAL_DETAIL = 'The error was logged with this request_id. Try again later.'
/** Which one, the log says: whose secret it is concerns the operator alone. */
const UNREADABLE_DETAIL =
  'A stored secret was sealed with another CREDENTIALS_KEY. The operator puts that key back, or into CREDENTIALS_KEY_PREVIOUS.'
/** Overload of D1 or of an object passes in seconds. */
const OVERLOAD_RETRY_SECONDS = 5

/** The answer to an error thrown anywhere below the API. */
export function respondToError(error: unknown, c: Context<ApiEnv>): Response {
  const problem = problemOf(error)
  const { status, title, retry } = PROBLEMS[problem.code]
  const requestId = c.get('requestId')
  if (problem.cause !== undefined) logFailure(problem, requestId)
  const body = {
    type: `/docs#error-${problem.code}`,
    title,
    status,
    detail: problem.message,
    code: problem.code,
    ...(problem.param !== null && { param: problem.param }),
    retry,
    request_id: requestId,
    ...problem.members,
  }
  const headers = new Headers({ ...problem.headers, 'Content-Type': 'application/problem+json' })
  if (problem.retryAfterSeconds !== null) headers.set('Retry-After', String(problem.retryAfterSeconds))
  if (status === 401) headers.set('WWW-Authenticate', challengeFor(problem.code))
  return c.body(JSON.stringify(body), { status, headers })
}

/** What an error is answered as. */
export function codeOf(error: unknown): ProblemCode {
  return problemOf(error).code
}

function problemOf(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error
  if (error instanceof HTTPException) return frameworkProblem(error)
  if (error instanceof SealError) return new ApiProblem('credential_unreadable', UNREADABLE_DETAIL, { cause: error })
  if (isOverload(error)) {
    const detail = 'A storage of the platform is overloaded. Try again after Retry-After.'
    return new ApiProblem('overloaded', detail, { retryAfterSeconds: OVERLOAD_RETRY_SECONDS, cause: error })
  }
  return new ApiProblem('internal', INTERNAL_DETAIL, { cause: error })
}

/** What hono and its validator throw by themselves. */
function frameworkProblem(error: HTTPException): ApiProblem {
  switch (error.status) {
    case 400:
      return new ApiProblem('bad_json', 'The body could not be parsed as JSON. Check quotes, commas and encoding.')
    case 415:
      return new ApiProblem('unsupported_media_type', 'Send the body with "Content-Type: application/json".')
    default:
      return new ApiProblem('internal', INTERNAL_DETAIL, { cause: error })
  }
}

/** Durable Objects mark overload on the error, D1 says it in words. */
function isOverload(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('overloaded' in error && error.overloaded === true) || /D1.*overloaded/i.test(error.message)
}

/** RFC 6750 §3. */
function challengeFor(code: ProblemCode): string {
  return code === 'token_expired' ? 'Bearer error="invalid_token"' : 'Bearer'
}

/** Only what has a cause: what a caller did wrong, or a secret that is not set, is told in full in the answer. */
function logFailure({ code, cause }: ApiProblem, requestId: string): void {
  const stack = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  console.error(JSON.stringify({ level: 'error', code, request_id: requestId, cause: stack }))
}
