/**
 * FCM's Web Push endpoint, which Chrome subscribes at: plain text, and only the status to go by.
 *
 * Source: texts seen in public (web-push-libs/web-push-php#325, webpush-java#212, web-push#237).
 */
import { STATUS_CODES } from 'node:http'
import type { Problem } from './problems.ts'
import type { Answer, Profile } from './profile.ts'

type Refusal = readonly [status: number, text: string]

const FORBIDDEN: Refusal = [403, 'permission denied: invalid JWT provided\n']
const BAD_REQUEST: Refusal = [400, 'Invalid request\n']

const REFUSALS: Readonly<Record<Problem, Refusal>> = {
  unknown_endpoint: [404, 'A valid push subscription endpoint should be specified in the URL.\n'],
  gone: [410, 'push subscription has unsubscribed or expired.\n'],
  method_not_allowed: [405, 'Method Not Allowed\n'],
  vapid_missing: [401, 'authorization header must be specified.\n'],
  vapid_malformed: [401, 'authorization header must be specified.\n'],
  vapid_key_missing: [400, 'UnauthorizedRegistration\n'],
  vapid_key_invalid: [400, 'UnauthorizedRegistration\n'],
  vapid_key_mismatch: [
    403,
    'the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions.\n',
  ],
  vapid_signature_invalid: FORBIDDEN,
  vapid_audience_invalid: FORBIDDEN,
  vapid_expired: FORBIDDEN,
  vapid_expiry_too_far: FORBIDDEN,
  vapid_subject_missing: FORBIDDEN,
  vapid_subject_invalid: FORBIDDEN,
  ttl_missing: [400, 'TTL header must be specified.\n'],
  ttl_invalid: [400, 'TTL header must be a number.\n'],
  ttl_negative: [400, 'TTL header must not be negative.\n'],
  ttl_zero: BAD_REQUEST,
  topic_invalid: [400, 'Topic header is invalid.\n'],
  urgency_invalid: [400, 'Urgency header is invalid.\n'],
  encoding_missing: BAD_REQUEST,
  encoding_unknown: BAD_REQUEST,
  encryption_in_headers: BAD_REQUEST,
  body_malformed: BAD_REQUEST,
  body_has_records: BAD_REQUEST,
  body_undecryptable: BAD_REQUEST,
  body_key_is_vapid_key: BAD_REQUEST,
  body_too_large: [413, 'Payload too large\n'],
}

export const chrome: Profile = {
  maxTtlSeconds: 28 * 24 * 60 * 60,
  allowsAnonymous: false,
  refusesZeroTtl: false,
  refusesLocalSubject: false,
  refuse: (problem) => describe(...REFUSALS[problem]),
  script: (status, reason) => describe(status, `${reason ?? STATUS_CODES[status] ?? 'Error'}\n`),
}

const TEXT_HEADERS = { 'content-type': 'text/plain; charset=UTF-8' }

function describe(status: number, text: string): Answer {
  return { status, headers: TEXT_HEADERS, body: text, reason: text.trimEnd() }
}
