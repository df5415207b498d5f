/**
 * Apple's Web Push: `{"reason"}` and an `apns-id`.
 *
 * Source: Apple, "Sending web push notifications in web apps and browsers"; `VapidPkHashMismatch` is answered with 400
 * in the field, and a `sub` on this machine with `BadJwtToken` (web-push-libs/web-push#947).
 */
import { randomUUID } from 'node:crypto'
import type { Problem } from './problems.ts'
import { jsonAnswer, type Profile } from './profile.ts'

type Refusal = readonly [status: number, reason: string]

const BAD_JWT: Refusal = [403, 'BadJwtToken']
const BAD_REQUEST: Refusal = [400, 'BadWebPushRequest']

const REFUSALS: Readonly<Record<Problem, Refusal>> = {
  unknown_endpoint: [404, 'BadPath'],
  gone: [410, 'Unregistered'],
  method_not_allowed: [405, 'MethodNotAllowed'],
  vapid_missing: [403, 'BadAuthorizationHeader'],
  vapid_malformed: [403, 'BadAuthorizationHeader'],
  vapid_key_missing: [403, 'BadVapidPublicKey'],
  vapid_key_invalid: [403, 'BadVapidPublicKey'],
  vapid_key_mismatch: [400, 'VapidPkHashMismatch'],
  vapid_signature_invalid: BAD_JWT,
  vapid_audience_invalid: BAD_JWT,
  vapid_expired: BAD_JWT,
  vapid_expiry_too_far: BAD_JWT,
  vapid_subject_missing: BAD_JWT,
  vapid_subject_invalid: BAD_JWT,
  ttl_missing: [400, 'BadTtl'],
  ttl_invalid: [400, 'BadTtl'],
  ttl_negative: [400, 'BadTtl'],
  ttl_zero: [400, 'BadTtl'],
  topic_invalid: [400, 'BadWebPushTopic'],
  urgency_invalid: [400, 'BadUrgency'],
  encoding_missing: BAD_REQUEST,
  encoding_unknown: BAD_REQUEST,
  encryption_in_headers: BAD_REQUEST,
  body_malformed: BAD_REQUEST,
  body_has_records: BAD_REQUEST,
  body_undecryptable: BAD_REQUEST,
  body_key_is_vapid_key: BAD_REQUEST,
  body_too_large: [413, 'PayloadTooLarge'],
}

/** What Apple says with a scripted status when the script names no reason. */
const USUAL_REASONS: Readonly<Record<number, string>> = {
  400: 'BadWebPushRequest',
  403: 'BadJwtToken',
  404: 'BadPath',
  405: 'MethodNotAllowed',
  410: 'Unregistered',
  413: 'PayloadTooLarge',
  429: 'TooManyRequests',
  500: 'InternalServerError',
  503: 'ServiceUnavailable',
}

export const apple: Profile = {
  maxTtlSeconds: 30 * 24 * 60 * 60,
  allowsAnonymous: false,
  refusesZeroTtl: false,
  refusesLocalSubject: true,
  refuse: (problem) => describe(...REFUSALS[problem]),
  script: (status, reason) => describe(status, reason ?? USUAL_REASONS[status] ?? 'InternalServerError'),
}

function describe(status: number, reason: string) {
  return jsonAnswer(status, { reason }, reason, { 'content-type': 'application/json', 'apns-id': randomUUID() })
}
