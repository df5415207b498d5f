/**
 * The Retry-After header (RFC 9110 §10.2.3). Pure.
 */

const DELAY_SECONDS = /^\d{1,10}$/
/** All three forms of an HTTP-date begin with the name of a day (RFC 9110 §5.6.7). */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/
/** The asctime form alone names no zone; it means GMT. */
const ASCTIME = /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/

/**
 * How long the service asks to wait, in seconds, never negative; undefined when it did not say so, or not in a form
 * that the RFC knows.
 *
 * @param headers with lower-case names
 * @param now epoch ms, for dates
 */
export function readRetryAfterSeconds(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const value = headers['retry-after']?.trim() ?? ''
  if (DELAY_SECONDS.test(value)) return Number(value)
  if (!HTTP_DATE.test(value)) return undefined
  const at = Date.parse(ASCTIME.test(value) ? `${value} GMT` : value)
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1000))
}
