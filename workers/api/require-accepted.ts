/** From what became of a request to send, to its answer: accepted, or a problem that says what to do. Pure. */
import type { CreateAnswer } from '../../durable-objects/rpc.ts'
import { ApiProblem } from './problem.ts'

/** Accepted now, or by an earlier request with the same key. */
export type Accepted = Extract<CreateAnswer, { kind: 'created' | 'replayed' }>

/** An object that is moved or restarted is back within a second or two. */
const IN_FLIGHT_RETRY_SECONDS = 2
/** A line moves when a send is over, which takes seconds to minutes. */
const LINE_FULL_RETRY_SECONDS = 30

/** @throws ApiProblem `idempotency_mismatch`, `idempotency_in_flight` or `overloaded` */
export function requireAccepted(outcome: CreateAnswer, idempotencyKey: string | null): Accepted {
  switch (outcome.kind) {
    case 'created':
    case 'replayed':
      return outcome
    case 'conflict':
      throw new ApiProblem(
        'idempotency_mismatch',
        'This Idempotency-Key was used with another body. Use a fresh one.',
        { param: 'idempotency-key' },
      )
    case 'line_full':
      throw new ApiProblem('overloaded', 'Too many ordered notifications wait before this one. It was not accepted.', {
        retryAfterSeconds: LINE_FULL_RETRY_SECONDS,
      })
    case 'unknown':
      throw unknownProblem(idempotencyKey)
  }
}

/** With a key the repetition finds out what became of the first; without one only the caller can decide to risk it. */
function unknownProblem(idempotencyKey: string | null): ApiProblem {
  const parts = { retryAfterSeconds: IN_FLIGHT_RETRY_SECONDS }
  if (idempotencyKey !== null) {
    const detail = 'It is not known yet whether the notification was accepted. Repeat the request with the same key.'
    return new ApiProblem('idempotency_in_flight', detail, { ...parts, param: 'idempotency-key' })
  }
  const detail =
    'It is not known whether the notification was accepted: a repetition may send it twice. Use an Idempotency-Key.'
  return new ApiProblem('overloaded', detail, parts)
}
