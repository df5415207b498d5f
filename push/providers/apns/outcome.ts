/**
 * What an answer of APNs means: Apple's complete list of reasons as one table, and the status where the reason is
 * unknown. Pure. Source: usernotifications/handling-notification-responses-from-apns.
 */
import type { Outcome } from '../../outcome.ts'
import type { AnswerContext, OutcomeReader } from '../../provider.ts'
import { readJsonObject, readReason, reasonOfStatus } from '../answer-body.ts'
import { readRetryAfterSeconds } from '../retry-after.ts'

type Verdict =
  | 'unregistered'
  /** The address is dead if the credential works; otherwise it may as well be the environment or the bundle id. */
  | 'unregistered_if_credential_worked'
  | 'renew'
  | 'suspect'
  /** The connection may be another team's if the credential works; otherwise the credential is wrong. */
  | 'suspect_if_credential_worked'
  | 'misconfigured'
  | 'refused'
  | 'slow_device'
  | 'slow_credential'
  | 'server_error'

const BY_REASON: ReadonlyMap<string, Verdict> = new Map<string, Verdict>([
  // 400
  ['BadCollapseId', 'refused'],
  ['BadDeviceToken', 'unregistered_if_credential_worked'],
  ['BadExpirationDate', 'refused'],
  ['BadMessageId', 'refused'],
  ['BadPriority', 'refused'],
  ['BadTopic', 'misconfigured'],
  ['DeviceTokenNotForTopic', 'unregistered_if_credential_worked'],
  ['DuplicateHeaders', 'refused'],
  ['IdleTimeout', 'suspect'],
  ['InvalidPushType', 'refused'],
  ['MissingDeviceToken', 'refused'],
  ['MissingTopic', 'refused'],
  ['PayloadEmpty', 'refused'],
  ['TopicDisallowed', 'misconfigured'],
  // 403
  ['BadCertificate', 'misconfigured'],
  ['BadCertificateEnvironment', 'misconfigured'],
  ['BadEnvironmentKeyIdInToken', 'misconfigured'],
  ['ExpiredProviderToken', 'renew'],
  ['Forbidden', 'misconfigured'],
  ['InvalidProviderToken', 'suspect_if_credential_worked'],
  ['MissingProviderToken', 'misconfigured'],
  ['UnrelatedKeyIdInToken', 'suspect_if_credential_worked'],
  // 404, 405, 410, 413
  ['BadPath', 'refused'],
  ['MethodNotAllowed', 'refused'],
  ['ExpiredToken', 'unregistered'],
  ['Unregistered', 'unregistered'],
  ['PayloadTooLarge', 'refused'],
  // 429: one device, or one provider token
  ['TooManyRequests', 'slow_device'],
  ['TooManyProviderTokenUpdates', 'slow_credential'],
  // 500, 503
  ['InternalServerError', 'server_error'],
  ['ServiceUnavailable', 'server_error'],
  ['Shutdown', 'server_error'],
])

/** Reads APNs' answer to one push. */
export const readApnsOutcome: OutcomeReader = (answer, context) => {
  if (answer.kind === 'no_answer') return { kind: 'unanswered', reason: answer.reason, sent: answer.sent }
  const { status, headers, body } = answer
  if (status >= 200 && status < 300) return { kind: 'accepted' }
  const retryAfterSeconds = readRetryAfterSeconds(headers, context.now)
  // Apple always names the push. Whoever did not is a proxy in between, and knows nothing of devices and keys.
  if (!headers['apns-id']) {
    const retry = { reason: `edge_${status}`, scope: 'credential', schedule: 'standard', retryAfterSeconds } as const
    return status >= 500 ? { kind: 'later', ...retry, sent: 'maybe' } : { kind: 'later', ...retry }
  }
  const { reason, timestamp } = readJsonObject(body)
  const word = readReason(reason)
  const verdict = BY_REASON.get(word ?? '') ?? verdictOfStatus(status)
  return outcomeOf(verdict, word ?? reasonOfStatus(status), { ...context, retryAfterSeconds, timestamp })
}

function verdictOfStatus(status: number): Verdict {
  if (status >= 500) return 'server_error'
  if (status === 429) return 'slow_credential'
  if (status === 410) return 'unregistered'
  if (status === 408) return 'suspect'
  return status === 403 ? 'misconfigured' : 'refused'
}

interface Circumstances extends AnswerContext {
  readonly retryAfterSeconds: number | undefined
  readonly timestamp: unknown
}

function outcomeOf(verdict: Verdict, reason: string, circumstances: Circumstances): Outcome {
  const { credentialWorked, retryAfterSeconds } = circumstances
  switch (verdict) {
    case 'unregistered':
      return { kind: 'unregistered', reason, asOfAt: readAsOfAt(circumstances) }
    case 'unregistered_if_credential_worked':
      return { kind: credentialWorked ? 'unregistered' : 'misconfigured', reason }
    case 'suspect_if_credential_worked':
      return { kind: credentialWorked ? 'suspect' : 'misconfigured', reason }
    case 'slow_device':
      return { kind: 'later', reason, scope: 'device', schedule: 'quota', retryAfterSeconds }
    case 'slow_credential':
      return { kind: 'later', reason, scope: 'credential', schedule: 'quota', retryAfterSeconds }
    case 'server_error':
      return {
        kind: 'later',
        reason,
        scope: 'credential',
        schedule: 'apns_server_error',
        retryAfterSeconds,
        sent: 'maybe',
      }
    default:
      return { kind: verdict, reason }
  }
}

/** When APNs found the device token invalid, in epoch ms; never later than now. */
function readAsOfAt({ timestamp, now }: Circumstances): number | undefined {
  return typeof timestamp === 'number' && timestamp > 0 ? Math.min(timestamp, now) : undefined
}
