/** Waiting for an object, for as long as one may take. */

/** An object answers in milliseconds. One that takes this long is overloaded, or is being moved. */
const DEADLINE_MS = 5_000

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
