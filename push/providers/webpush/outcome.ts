/**
 * What an answer of a Web Push service means: the statuses of RFC 8030 and RFC 8292, and what Mozilla, Apple, Microsoft
 * and Google say beside them. Pure.
 */
import type { Outcome } from '../../outcome.ts'
import type { OutcomeReader } from '../../provider.ts'
import { readRetryAfterSeconds } from '../retry-after.ts'
import { readWebPushReason } from './error-body.ts'

/**
 * Ways to say that the subscription was made for another VAPID key, which makes it dead for this one: Mozilla's
 * "VAPID public key mismatch", Apple's reason, the sentence of FCM's endpoint.
 */
const KEY_MISMATCH =
  /key mismatch|VapidPkHashMismatch|do not correspond to the credentials used to create the subscription/i

/**
 * The other word of FCM's endpoint. It has meant a missing or malformed key, an account that was not active and a key
 * that is not the subscription's (web-push-libs/web-push#237), so it retires nobody.
 */
const UNAUTHORIZED_REGISTRATION = 'UnauthorizedRegistration'

/** Mozilla's number for an endpoint that was never one of its own: `router type invalid` (autopush-rs, errors.md). */
const MOZILLA_INVALID_ROUTER = 108

/** Apple's words for a provider token or key that is wrong whatever the status. */
const BAD_CREDENTIAL_REASONS = new Set(['BadJwtToken', 'BadVapidPublicKey'])

/** Reads a service's answer to one push. */
export const readWebPushOutcome: OutcomeReader = (answer, { now }) => {
  if (answer.kind === 'no_answer') return { kind: 'unanswered', reason: answer.reason, sent: answer.sent }
  const { status, headers, body } = answer
  if (status >= 200 && status < 300) return { kind: 'accepted' }
  const { reason, errno } = readWebPushReason(status, headers, body)
  const retryAfterSeconds = readRetryAfterSeconds(headers, now)
  // The RFC asks for 404, services use either (RFC 8030 §7.3).
  if (status === 404 || status === 410) return { kind: 'unregistered', reason }
  // The scope of a limit is one subscription (RFC 8030 §8.4). Microsoft says 406 for 429.
  if (status === 429 || status === 406) {
    return { kind: 'later', reason, scope: 'device', schedule: 'quota', retryAfterSeconds }
  }
  if (status >= 500 || status === 408) {
    return { kind: 'later', reason, scope: 'credential', schedule: 'standard', retryAfterSeconds, sent: 'maybe' }
  }
  return readRefusal(status, reason, errno, body)
}

function readRefusal(status: number, reason: string, errno: number | null, body: string): Outcome {
  const aboutCredential = status === 401 || status === 403
  if ((status === 400 || aboutCredential) && KEY_MISMATCH.test(body)) {
    return { kind: 'unregistered', reason: 'vapid_key_mismatch' }
  }
  if (status === 400 && errno === MOZILLA_INVALID_ROUTER) return { kind: 'unregistered', reason }
  // Apple closed a connection that nobody used; as on its other service, a new one helps.
  if (reason === 'IdleTimeout') return { kind: 'suspect', reason }
  if (body.includes(UNAUTHORIZED_REGISTRATION)) return { kind: 'misconfigured', reason: UNAUTHORIZED_REGISTRATION }
  if (aboutCredential || BAD_CREDENTIAL_REASONS.has(reason)) return { kind: 'misconfigured', reason }
  return { kind: 'refused', reason }
}
