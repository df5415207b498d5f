/**
 * What an answer of FCM HTTP v1 means. Pure. FCM's own code stands in the `FcmError` among the details and comes
 * first; then the canonical code of google.rpc; then the HTTP status, because some errors have neither and a front
 * end answers in HTML.
 * Sources: firebase.google.com/docs/cloud-messaging/error-codes and …/docs/reference/fcm/rest/v1/ErrorCode.
 */
import type { Outcome } from '../../outcome.ts'
import type { OutcomeReader } from '../../provider.ts'
import { readReason, reasonOfStatus } from '../answer-body.ts'
import { readRetryAfterSeconds } from '../retry-after.ts'
import { type FcmError, readFcmError } from './error-body.ts'

type Verdict = 'unregistered' | 'invalid_argument' | 'renew' | 'misconfigured' | 'refused' | 'quota' | 'later'

/** FCM's own codes. UNSPECIFIED_ERROR says nothing, so the HTTP status decides. */
const BY_ERROR_CODE: ReadonlyMap<string, Verdict> = new Map<string, Verdict>([
  ['UNREGISTERED', 'unregistered'],
  // The registration token belongs to another project: dead for this one, and no fault of the key.
  ['SENDER_ID_MISMATCH', 'unregistered'],
  ['INVALID_ARGUMENT', 'invalid_argument'],
  // The Firebase project lacks a valid APNs or Web Push credential of its own.
  ['THIRD_PARTY_AUTH_ERROR', 'misconfigured'],
  ['QUOTA_EXCEEDED', 'quota'],
  ['INTERNAL', 'later'],
  ['UNAVAILABLE', 'later'],
])

/** Codes of google.rpc, when FCM gave none of its own. */
const BY_STATUS: ReadonlyMap<string, Verdict> = new Map<string, Verdict>([
  ['INVALID_ARGUMENT', 'invalid_argument'],
  ['UNAUTHENTICATED', 'renew'],
  // The API is disabled or the account lacks a right.
  ['PERMISSION_DENIED', 'misconfigured'],
  // Without FCM's own UNREGISTERED what was not found is the project, not the device.
  ['NOT_FOUND', 'misconfigured'],
  ['RESOURCE_EXHAUSTED', 'quota'],
  ['INTERNAL', 'later'],
  ['UNAVAILABLE', 'later'],
  ['DEADLINE_EXCEEDED', 'later'],
  ['ABORTED', 'later'],
])

/** Reads FCM's answer to one message. */
export const readFcmOutcome: OutcomeReader = (answer, { now }) => {
  if (answer.kind === 'no_answer') return { kind: 'unanswered', reason: answer.reason, sent: answer.sent }
  const { status, headers, body } = answer
  if (status >= 200 && status < 300) return { kind: 'accepted' }
  const error = readFcmError(body)
  const verdict =
    BY_ERROR_CODE.get(error.errorCode ?? '') ?? BY_STATUS.get(error.status ?? '') ?? verdictOfHttpStatus(status)
  const reason = error.errorCode ?? error.infoReason ?? error.status ?? reasonOfStatus(status)
  const retryAfterSeconds = readRetryAfterSeconds(headers, now)
  switch (verdict) {
    case 'invalid_argument':
      return readInvalidArgument(error, reason)
    case 'quota':
      return { kind: 'later', reason, scope: quotaScopeOf(error), schedule: 'quota', retryAfterSeconds }
    case 'later':
      return { kind: 'later', reason, scope: 'credential', schedule: 'standard', retryAfterSeconds, sent: 'maybe' }
    default:
      return { kind: verdict, reason }
  }
}

function verdictOfHttpStatus(status: number): Verdict {
  if (status >= 500 || status === 408) return 'later'
  if (status === 429) return 'quota'
  if (status === 401) return 'renew'
  // 3xx and 404 without an error of FCM's: somebody else answers at the base URL, or the project is not there.
  return status < 400 || status === 403 || status === 404 ? 'misconfigured' : 'refused'
}

/** Also means "too large" or "bad data", so the device is retired only where the target is proved to be at fault. */
function readInvalidArgument({ fields, message }: FcmError, reason: string): Outcome {
  if (fields.some((field) => field === 'message.token' || field === 'message.fid'))
    return { kind: 'unregistered', reason }
  if (BAD_REGISTRATION_TOKEN.test(message)) return { kind: 'unregistered', reason }
  const field = fields[0]
  return { kind: 'refused', reason: field === undefined ? reason : (readReason(`${reason} ${field}`) ?? reason) }
}

/** "The registration token is not a valid FCM registration token" (error-codes). */
const BAD_REGISTRATION_TOKEN = /registration token is not a valid FCM registration token/i

/**
 * Whom to slow down. The project's rate comes as a google.rpc.ErrorInfo without a code of FCM's
 * (firebase/firebase-admin-go#719); a device's as QUOTA_EXCEEDED, with a QuotaFailure that names the subject when it
 * is there. 429 without any of these is overload.
 */
function quotaScopeOf(error: FcmError): 'device' | 'credential' {
  if (error.infoReason === 'RATE_LIMIT_EXCEEDED' || error.errorCode === null) return 'credential'
  return error.quotaSubjects.some((subject) => /project/i.test(subject)) ? 'credential' : 'device'
}
