/**
 * How one push service words its answers. An interface; the services are in profile-*.ts.
 */
import type { Headers } from '../exchange.ts'
import type { Problem } from './problems.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
  /** The service's own word for a refusal, for the inbox. */
  readonly reason?: string
}

export interface Profile {
  /** Longest time to live; a larger TTL is shortened to it. Seconds. */
  readonly maxTtlSeconds: number
  /** Whether a push without VAPID is taken for a subscription that was made without a key. */
  readonly allowsAnonymous: boolean
  /** Whether a TTL of 0 is refused. */
  readonly refusesZeroTtl: boolean
  /** Whether a contact on this machine, such as `mailto:me@localhost`, is refused. */
  readonly refusesLocalSubject: boolean
  readonly refuse: (problem: Problem) => Answer
  /** An answer of a script: the service's shape around a status and a word of its vocabulary. */
  readonly script: (status: number, reason: string | undefined) => Answer
}

export function jsonAnswer(status: number, body: unknown, reason: string, headers: Headers = JSON_HEADERS): Answer {
  return { status, headers, body: JSON.stringify(body), reason }
}

export const JSON_HEADERS: Headers = { 'content-type': 'application/json' }
