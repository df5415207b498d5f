/**
 * The refusals that a fault can ask for by name: FCM's error codes, and names for its answers that carry none.
 * A table; see errors.ts for the shapes.
 */
import { badRequest, errorInfo, fcmError, help, quotaFailure, type Refusal, refuse, refuseWithHtml } from './errors.ts'

const SERVICE = { service: 'fcm.googleapis.com' }
const QUOTA_PAGE = 'https://cloud.google.com/docs/quotas/help/request_increase'

/** By reason, given the address that the request was for. */
const REFUSALS: Readonly<Record<string, (address: string) => Refusal>> = {
  INVALID_ARGUMENT: () =>
    refuse(
      'INVALID_ARGUMENT',
      'The registration token is not a valid FCM registration token',
      [fcmError('INVALID_ARGUMENT')],
      'INVALID_ARGUMENT',
    ),
  /** A field is wrong, said without FCM's own code. */
  BAD_REQUEST: () => {
    const description = "Invalid value at 'message.data[0].value' (TYPE_STRING), 12"
    return refuse(
      'INVALID_ARGUMENT',
      description,
      [badRequest({ field: 'message.data[0].value', description })],
      'BAD_REQUEST',
    )
  },
  UNREGISTERED: () =>
    refuse('NOT_FOUND', 'Requested entity was not found.', [fcmError('UNREGISTERED')], 'UNREGISTERED'),
  SENDER_ID_MISMATCH: () =>
    refuse('PERMISSION_DENIED', 'SenderId mismatch', [fcmError('SENDER_ID_MISMATCH')], 'SENDER_ID_MISMATCH'),
  /** The API is switched off, or the account has no right. */
  PERMISSION_DENIED: () =>
    refuse(
      'PERMISSION_DENIED',
      'Firebase Cloud Messaging API has not been used in this project before or it is disabled.',
      [errorInfo('SERVICE_DISABLED', 'googleapis.com', SERVICE)],
      'PERMISSION_DENIED',
    ),
  UNAUTHENTICATED: () =>
    refuse(
      'UNAUTHENTICATED',
      'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid ' +
        'authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
      [errorInfo('ACCESS_TOKEN_EXPIRED', 'googleapis.com', SERVICE)],
      'UNAUTHENTICATED',
    ),
  THIRD_PARTY_AUTH_ERROR: () =>
    refuse(
      'UNAUTHENTICATED',
      'Auth error from APNS or Web Push Service',
      [fcmError('THIRD_PARTY_AUTH_ERROR')],
      'THIRD_PARTY_AUTH_ERROR',
    ),
  /** One device gets too many. */
  QUOTA_EXCEEDED: (address) =>
    refuse(
      'RESOURCE_EXHAUSTED',
      'Device message rate exceeded.',
      [quotaFailure(`device:${address}`, 'Device message rate exceeded.'), fcmError('QUOTA_EXCEEDED')],
      'QUOTA_EXCEEDED',
    ),
  TOPIC_QUOTA_EXCEEDED: (address) =>
    refuse(
      'RESOURCE_EXHAUSTED',
      'Topic quota exceeded.',
      [quotaFailure(`topic:${address}`, 'Topic quota exceeded.'), fcmError('QUOTA_EXCEEDED')],
      'TOPIC_QUOTA_EXCEEDED',
    ),
  /** The whole project sends too much: no code of FCM's own (firebase/firebase-admin-go#719). */
  RATE_LIMIT_EXCEEDED: () =>
    refuse(
      'RESOURCE_EXHAUSTED',
      "Quota exceeded for quota metric 'Send requests' and limit 'Send requests per minute' of service " +
        "'fcm.googleapis.com'.",
      [
        errorInfo('RATE_LIMIT_EXCEEDED', 'googleapis.com', {
          ...SERVICE,
          quota_metric: 'fcm.googleapis.com/send_requests',
          quota_limit: 'SendsPerMinutePerProject',
          quota_limit_value: '600000',
        }),
        help('Request a higher quota limit.', QUOTA_PAGE),
      ],
      'RATE_LIMIT_EXCEEDED',
    ),
  INTERNAL: () => refuse('INTERNAL', 'Internal error encountered.', [fcmError('INTERNAL')], 'INTERNAL'),
  UNSPECIFIED_ERROR: () => refuse('UNKNOWN', 'Unknown error.', [fcmError('UNSPECIFIED_ERROR')], 'UNSPECIFIED_ERROR'),
  UNAVAILABLE: () =>
    refuse('UNAVAILABLE', 'The service is currently unavailable.', [fcmError('UNAVAILABLE')], 'UNAVAILABLE'),
}

/** What FCM most likely means by a bare status. */
const REASON_OF_STATUS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'UNREGISTERED',
  429: 'QUOTA_EXCEEDED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
}

/**
 * The refusal of a name, sent with the status that was asked for.
 *
 * @param reason one of the table, another word (sent as FCM's code), or undefined: what the status usually means
 */
export function refusalOf(status: number, reason: string | undefined, address: string): Refusal {
  const name = reason ?? REASON_OF_STATUS[status]
  if (name === undefined) return refuseWithHtml(status, 'Server Error')
  const build = REFUSALS[name]
  const refusal = build === undefined ? refuse('UNKNOWN', name, [fcmError(name)], name) : build(address)
  return refusal.status === status ? refusal : { ...refusal, status, body: withCode(refusal.body, status) }
}

/** The envelope repeats the HTTP status. */
function withCode(body: string, code: number): string {
  const { error } = JSON.parse(body) as { error: Record<string, unknown> }
  return `${JSON.stringify({ error: { ...error, code } }, null, 2)}\n`
}
