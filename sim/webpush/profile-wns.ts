/**
 * Microsoft's WNS, which Edge subscribes at: the reason is in headers only, the body is empty.
 *
 * Source: Microsoft, "Push notification service request and response headers"; a TTL of 0 is refused in the field
 * (web-push-libs/pywebpush#162), throttling is documented as 406.
 */
import { STATUS_CODES } from 'node:http'
import type { Problem } from './problems.ts'
import type { Answer, Profile } from './profile.ts'

type Refusal = readonly [status: number, description: string]

const FORBIDDEN: Refusal = [403, 'The VAPID token is not valid for this channel']
const BAD_REQUEST: Refusal = [400, 'The request is malformed']
const BAD_BODY: Refusal = [400, 'The payload is not encrypted for this channel']

const REFUSALS: Readonly<Record<Problem, Refusal>> = {
  unknown_endpoint: [404, 'The channel URL is not valid'],
  gone: [410, 'The channel expired'],
  method_not_allowed: [405, 'Invalid method'],
  vapid_missing: [401, 'The authorization header is missing'],
  vapid_malformed: [401, 'The authorization header is malformed'],
  vapid_key_missing: [401, 'The authorization header is malformed'],
  vapid_key_invalid: [401, 'The authorization header is malformed'],
  vapid_key_mismatch: FORBIDDEN,
  vapid_signature_invalid: FORBIDDEN,
  vapid_audience_invalid: FORBIDDEN,
  vapid_expired: FORBIDDEN,
  vapid_expiry_too_far: FORBIDDEN,
  vapid_subject_missing: FORBIDDEN,
  vapid_subject_invalid: FORBIDDEN,
  ttl_missing: [400, 'The TTL header is missing'],
  ttl_invalid: [400, 'The TTL header is malformed'],
  ttl_negative: [400, 'The TTL header is malformed'],
  ttl_zero: [400, 'Ttl value conflicts with X-WNS-Cache-Policy'],
  topic_invalid: BAD_REQUEST,
  urgency_invalid: BAD_REQUEST,
  encoding_missing: BAD_REQUEST,
  encoding_unknown: BAD_REQUEST,
  encryption_in_headers: BAD_REQUEST,
  body_malformed: BAD_BODY,
  body_has_records: BAD_BODY,
  body_undecryptable: BAD_BODY,
  body_key_is_vapid_key: BAD_BODY,
  body_too_large: [413, 'The payload is too large'],
}

export const wns: Profile = {
  maxTtlSeconds: 30 * 24 * 60 * 60,
  allowsAnonymous: false,
  refusesZeroTtl: true,
  refusesLocalSubject: false,
  refuse: (problem) => describe(...REFUSALS[problem]),
  script: (status, reason) => describe(status, reason ?? STATUS_CODES[status] ?? 'Error'),
}

function describe(status: number, description: string): Answer {
  const headers = {
    'x-wns-error-description': description,
    'x-wns-status': 'dropped',
    'x-wns-notificationstatus': status === 406 ? 'channelthrottled' : 'dropped',
  }
  return { status, headers, body: '', reason: description }
}
