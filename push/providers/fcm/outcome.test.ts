import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../notification.ts'
import type { Answer, Outcome } from '../../outcome.ts'
import { readFcmOutcome } from './outcome.ts'

const NOW = Date.UTC(2026, 10, 22)
const CONTEXT = { credentialWorked: true, now: NOW }
const FCM_ERROR = 'type.googleapis.com/google.firebase.fcm.v1.FcmError'

function answer(status: number, body: string | JsonObject = '', headers: Record<string, string> = {}): Answer {
  return { kind: 'response', status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) }
}

/** An error as FCM writes it. */
function error(
  status: string,
  errorCode: string | null,
  message = 'A sentence.',
  ...details: JsonObject[]
): JsonObject {
  const own = errorCode === null ? [] : [{ '@type': FCM_ERROR, errorCode }]
  return { error: { code: 0, message, status, details: [...own, ...details] } }
}

function detail(type: string, rest: JsonObject): JsonObject {
  return { '@type': `type.googleapis.com/google.rpc.${type}`, ...rest }
}

const RATE_LIMIT = detail('ErrorInfo', {
  reason: 'RATE_LIMIT_EXCEEDED',
  domain: 'googleapis.com',
  metadata: { quota_limit: 'SendsPerMinutePerProject' },
})
const HTML = '<html><title>502 Bad Gateway</title></html>'
const BAD_TOKEN_TEXT = 'The registration token is not a valid FCM registration token'

function violation(field: string): JsonObject {
  return detail('BadRequest', { fieldViolations: [{ field, description: `Invalid value at '${field}'` }] })
}

function quotaFailure(subject: string): JsonObject {
  return detail('QuotaFailure', { violations: [{ subject, description: 'Exceeded.' }] })
}

const back = (reason: string): Outcome => ({
  kind: 'later',
  reason,
  scope: 'credential',
  schedule: 'standard',
  sent: 'maybe',
})
const slow = (reason: string, scope: 'device' | 'credential'): Outcome => ({
  kind: 'later',
  reason,
  scope,
  schedule: 'quota',
})

describe('an answer of FCM', () => {
  const rows: [name: string, answer: Answer, outcome: Outcome][] = [
    ['200', answer(200, { name: 'projects/p/messages/1' }), { kind: 'accepted' }],
    ['200 without its body', answer(200), { kind: 'accepted' }],

    [
      '400 INVALID_ARGUMENT alone is ambiguous',
      answer(400, error('INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'Message is too big')),
      { kind: 'refused', reason: 'INVALID_ARGUMENT' },
    ],
    [
      '400 INVALID_ARGUMENT about the registration token',
      answer(400, error('INVALID_ARGUMENT', 'INVALID_ARGUMENT', BAD_TOKEN_TEXT)),
      { kind: 'unregistered', reason: 'INVALID_ARGUMENT' },
    ],
    [
      '400 INVALID_ARGUMENT with the field message.token',
      answer(400, error('INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'Bad.', violation('message.token'))),
      { kind: 'unregistered', reason: 'INVALID_ARGUMENT' },
    ],
    [
      '400 INVALID_ARGUMENT with the field message.fid',
      answer(400, error('INVALID_ARGUMENT', null, 'Bad.', violation('message.fid'))),
      { kind: 'unregistered', reason: 'INVALID_ARGUMENT' },
    ],
    [
      '400 with only a BadRequest names the field',
      answer(400, error('INVALID_ARGUMENT', null, 'Bad.', violation('message.data[0].value'))),
      { kind: 'refused', reason: 'INVALID_ARGUMENT message.data[0].value' },
    ],
    [
      '400 payload too large, without details',
      answer(400, { error: { code: 400, message: 'Too large.', status: 'INVALID_ARGUMENT' } }),
      { kind: 'refused', reason: 'INVALID_ARGUMENT' },
    ],
    ['400 in HTML', answer(400, HTML), { kind: 'refused', reason: 'http_400' }],

    ['401', answer(401, error('UNAUTHENTICATED', null)), { kind: 'renew', reason: 'UNAUTHENTICATED' }],
    ['401 in HTML', answer(401, HTML), { kind: 'renew', reason: 'http_401' }],
    [
      '401 THIRD_PARTY_AUTH_ERROR',
      answer(401, error('UNAUTHENTICATED', 'THIRD_PARTY_AUTH_ERROR')),
      { kind: 'misconfigured', reason: 'THIRD_PARTY_AUTH_ERROR' },
    ],

    [
      '403 SENDER_ID_MISMATCH',
      answer(403, error('PERMISSION_DENIED', 'SENDER_ID_MISMATCH')),
      { kind: 'unregistered', reason: 'SENDER_ID_MISMATCH' },
    ],
    ['403', answer(403, error('PERMISSION_DENIED', null)), { kind: 'misconfigured', reason: 'PERMISSION_DENIED' }],
    [
      '403 with the API disabled',
      answer(403, error('PERMISSION_DENIED', null, 'Off.', detail('ErrorInfo', { reason: 'SERVICE_DISABLED' }))),
      { kind: 'misconfigured', reason: 'SERVICE_DISABLED' },
    ],
    ['403 in HTML', answer(403, HTML), { kind: 'misconfigured', reason: 'http_403' }],

    [
      '404 UNREGISTERED',
      answer(404, error('NOT_FOUND', 'UNREGISTERED')),
      { kind: 'unregistered', reason: 'UNREGISTERED' },
    ],
    ['404 of a project', answer(404, error('NOT_FOUND', null)), { kind: 'misconfigured', reason: 'NOT_FOUND' }],
    ['404 in HTML never retires a device', answer(404, HTML), { kind: 'misconfigured', reason: 'http_404' }],

    [
      '429 of the project',
      answer(429, error('RESOURCE_EXHAUSTED', null, 'Quota.', RATE_LIMIT)),
      slow('RATE_LIMIT_EXCEEDED', 'credential'),
    ],
    ['429 of the device', answer(429, error('RESOURCE_EXHAUSTED', 'QUOTA_EXCEEDED')), slow('QUOTA_EXCEEDED', 'device')],
    [
      '429 with a QuotaFailure of the device',
      answer(429, error('RESOURCE_EXHAUSTED', 'QUOTA_EXCEEDED', 'Q.', quotaFailure('device:abc'))),
      slow('QUOTA_EXCEEDED', 'device'),
    ],
    [
      '429 with a QuotaFailure of the project',
      answer(429, error('RESOURCE_EXHAUSTED', 'QUOTA_EXCEEDED', 'Q.', quotaFailure('project:17'))),
      slow('QUOTA_EXCEEDED', 'credential'),
    ],
    ['429 in overload', answer(429, error('RESOURCE_EXHAUSTED', null)), slow('RESOURCE_EXHAUSTED', 'credential')],
    ['429 in HTML', answer(429, HTML), slow('http_429', 'credential')],

    ['500', answer(500, error('INTERNAL', 'INTERNAL')), back('INTERNAL')],
    ['502 in HTML', answer(502, HTML), back('http_502')],
    ['503', answer(503, error('UNAVAILABLE', 'UNAVAILABLE')), back('UNAVAILABLE')],
    ['503 cut short', answer(503, '{"error": {"code": 503, "mess'), back('http_503')],
    ['504', answer(504, error('DEADLINE_EXCEEDED', null)), back('DEADLINE_EXCEEDED')],

    ['UNSPECIFIED_ERROR with 500', answer(500, error('UNKNOWN', 'UNSPECIFIED_ERROR')), back('UNSPECIFIED_ERROR')],
    [
      'UNSPECIFIED_ERROR with 400 never retires a device',
      answer(400, error('FAILED_PRECONDITION', 'UNSPECIFIED_ERROR')),
      { kind: 'refused', reason: 'UNSPECIFIED_ERROR' },
    ],
    ['a redirect of somebody else', answer(302, HTML), { kind: 'misconfigured', reason: 'http_302' }],
    ['another 4xx', answer(413, HTML), { kind: 'refused', reason: 'http_413' }],
    ['JSON of another shape', answer(400, '[1, "a", null]'), { kind: 'refused', reason: 'http_400' }],
    [
      'details of another shape',
      answer(400, { error: { details: 'x', status: 7 } }),
      { kind: 'refused', reason: 'http_400' },
    ],
    [
      'no answer',
      { kind: 'no_answer', sent: 'maybe', reason: 'timeout' },
      { kind: 'unanswered', reason: 'timeout', sent: 'maybe' },
    ],
    [
      'never sent',
      { kind: 'no_answer', sent: 'no', reason: 'goaway' },
      { kind: 'unanswered', reason: 'goaway', sent: 'no' },
    ],
  ]
  test.each(rows)('%s', (_, given, outcome) => {
    expect(readFcmOutcome(given, CONTEXT)).toEqual(outcome)
  })

  test.each([
    ['30', 30],
    ['Sun, 22 Nov 2026 00:02:00 GMT', 120],
  ])('keeps Retry-After: %s', (value, retryAfterSeconds) => {
    const headers = { 'retry-after': value }
    expect(readFcmOutcome(answer(429, '', headers), CONTEXT)).toMatchObject({ kind: 'later', retryAfterSeconds })
    expect(readFcmOutcome(answer(503, HTML, headers), CONTEXT)).toMatchObject({ kind: 'later', retryAfterSeconds })
  })

  test('a reason never grows beyond what a list can show', () => {
    const outcome = readFcmOutcome(
      answer(400, error('INVALID_ARGUMENT', null, '', violation('x'.repeat(5000)))),
      CONTEXT,
    )
    expect(outcome.kind === 'refused' && outcome.reason.length).toBe(100)
  })
})
