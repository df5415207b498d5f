/**
 * Mozilla's autopush: `{code, errno, error, message}`.
 *
 * Source: mozilla-services/autopush-rs `docs/src/errors.md`, `autoendpoint/src/error.rs` and its extractors.
 */
import { STATUS_CODES } from 'node:http'
import type { Problem } from './problems.ts'
import { type Answer, JSON_HEADERS, jsonAnswer, type Profile } from './profile.ts'

interface Refusal {
  readonly status: number
  readonly errno: number
  readonly message: string
}

/** Autopush's word for anything it has no number for. */
const UNKNOWN_ERRNO = 999
/** How long a client may believe that a subscription is gone. Seconds; autopush says a day. */
const GONE_MAX_AGE_SECONDS = 86_400

const vapid = (message: string): Refusal => ({ status: 401, errno: 109, message })
const encryption = (message: string): Refusal => ({ status: 400, errno: 110, message })

const REFUSALS: Readonly<Record<Problem, Refusal>> = {
  unknown_endpoint: { status: 404, errno: 102, message: 'Invalid token' },
  gone: { status: 410, errno: 106, message: 'No such subscription' },
  method_not_allowed: { status: 405, errno: UNKNOWN_ERRNO, message: 'Method Not Allowed' },
  vapid_missing: vapid('Missing VAPID public key'),
  vapid_malformed: vapid('Missing VAPID token'),
  vapid_key_missing: vapid('Missing VAPID public key'),
  vapid_key_invalid: vapid('Invalid VAPID public key'),
  vapid_key_mismatch: vapid('VAPID public key mismatch'),
  vapid_signature_invalid: vapid('InvalidSignature'),
  vapid_audience_invalid: vapid('Invalid VAPID audience'),
  vapid_expired: vapid('ExpiredSignature'),
  vapid_expiry_too_far: vapid('The VAPID token expiration is too long'),
  vapid_subject_missing: vapid('The VAPID token is missing a subject'),
  vapid_subject_invalid: vapid('The VAPID token has an invalid subject'),
  ttl_missing: { status: 400, errno: 111, message: 'Missing TTL value' },
  ttl_invalid: { status: 400, errno: 112, message: 'Invalid TTL value' },
  ttl_negative: { status: 400, errno: 114, message: 'TTL must be greater than 0' },
  ttl_zero: { status: 400, errno: 112, message: 'Invalid TTL value' },
  topic_invalid: {
    status: 400,
    errno: 113,
    message: 'Topic must be URL and Filename safe Base64 alphabet, no greater than 32 characters',
  },
  urgency_invalid: { status: 400, errno: 111, message: 'Invalid Urgency value' },
  encoding_missing: encryption('Missing Content-Encoding header'),
  encoding_unknown: encryption('Unknown Content-Encoding header'),
  encryption_in_headers: encryption("Do not include 'salt' or 'dh' with aes128gcm"),
  body_malformed: encryption('Invalid aes128gcm header'),
  body_has_records: encryption('More than one record'),
  body_undecryptable: encryption('The body does not decrypt with the keys of the subscription'),
  body_key_is_vapid_key: encryption('The encryption key must not be the VAPID key'),
  body_too_large: {
    status: 413,
    errno: 104,
    message: 'This message is intended for a constrained device and is limited',
  },
}

/** What autopush means by a status when a script names no errno; 503 with 202 is "retry at once is fine". */
const USUAL_ERRNOS: Readonly<Record<number, number>> = {
  400: 110,
  401: 109,
  404: 102,
  410: 106,
  413: 104,
  429: 201,
  502: 902,
  503: 202,
}

export const mozilla: Profile = {
  maxTtlSeconds: 60 * 24 * 60 * 60,
  allowsAnonymous: true,
  refusesZeroTtl: false,
  refusesLocalSubject: false,
  refuse: (problem) => describe(REFUSALS[problem]),
  script: (status, reason) => describe(scripted(status, reason)),
}

/** The reason of a script is an errno or a message. */
function scripted(status: number, reason: string | undefined): Refusal {
  const usual = USUAL_ERRNOS[status] ?? UNKNOWN_ERRNO
  const message = STATUS_CODES[status] ?? 'Unknown'
  if (reason === undefined) return { status, errno: usual, message }
  return /^\d+$/.test(reason) ? { status, errno: Number(reason), message } : { status, errno: usual, message: reason }
}

const GONE_HEADERS = { ...JSON_HEADERS, 'cache-control': `max-age=${GONE_MAX_AGE_SECONDS}` }

function describe({ status, errno, message }: Refusal): Answer {
  const body = { code: status, errno, error: STATUS_CODES[status] ?? 'Unknown', message }
  return jsonAnswer(status, body, String(errno), status === 410 ? GONE_HEADERS : JSON_HEADERS)
}
