import { describe, expect, test } from 'vitest'
import type { Answer, Outcome } from '../../outcome.ts'
import { readWebPushOutcome } from './outcome.ts'

const NOW = Date.UTC(2026, 10, 22)
const CONTEXT = { credentialWorked: true, now: NOW }

function answer(status: number, body: string | object = '', headers: Record<string, string> = {}): Answer {
  return { kind: 'response', status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) }
}

/** As autopush writes errors. */
function mozilla(code: number, errno: number, message = 'A sentence.'): Answer {
  return answer(code, { code, errno, error: 'Title', message, more_info: 'http://autopush.readthedocs.io' })
}

const apple = (status: number, reason: string) => answer(status, { reason }, { 'apns-id': 'x' })

const wait = (reason: string, retryAfterSeconds?: number): Outcome => ({
  kind: 'later',
  reason,
  scope: 'device',
  schedule: 'quota',
  retryAfterSeconds,
})
const back = (reason: string, retryAfterSeconds?: number): Outcome => ({
  kind: 'later',
  reason,
  scope: 'credential',
  schedule: 'standard',
  retryAfterSeconds,
  sent: 'maybe',
})
const gone = (reason: string): Outcome => ({ kind: 'unregistered', reason })
const credential = (reason: string): Outcome => ({ kind: 'misconfigured', reason })
const refused = (reason: string): Outcome => ({ kind: 'refused', reason })

type Row = [name: string, answer: Answer, outcome: Outcome]

function check(rows: Row[]) {
  test.each(rows)('%s', (_, given, outcome) => {
    expect(readWebPushOutcome(given, CONTEXT)).toEqual(outcome)
  })
}

describe('statuses of RFC 8030 and RFC 8292', () => {
  check([
    ['200', answer(200), { kind: 'accepted' }],
    ['201', answer(201, '', { location: 'https://push.example/m/1' }), { kind: 'accepted' }],
    ['202', answer(202), { kind: 'accepted' }],
    ['301 leads elsewhere', answer(301, '', { location: 'https://push.example/2' }), refused('http_301')],
    ['400', answer(400), refused('http_400')],
    ['401', answer(401), credential('http_401')],
    ['403', answer(403), credential('http_403')],
    ['404', answer(404), gone('http_404')],
    ['405', answer(405), refused('http_405')],
    ['406', answer(406), wait('http_406')],
    ['408', answer(408), back('http_408')],
    ['410', answer(410), gone('http_410')],
    ['413', answer(413), refused('http_413')],
    ['429', answer(429), wait('http_429')],
    ['429 with seconds', answer(429, '', { 'retry-after': '17' }), wait('http_429', 17)],
    ['429 with a date', answer(429, '', { 'retry-after': 'Sun, 22 Nov 2026 00:00:30 GMT' }), wait('http_429', 30)],
    ['500', answer(500), back('http_500')],
    ['502 in HTML', answer(502, '<html>Bad gateway</html>'), back('http_502')],
    ['503 with seconds', answer(503, '', { 'retry-after': '5' }), back('http_503', 5)],
    [
      'no answer',
      { kind: 'no_answer', sent: 'maybe', reason: 'connection_lost' },
      { kind: 'unanswered', sent: 'maybe', reason: 'connection_lost' },
    ],
  ])
})

describe('Mozilla', () => {
  check([
    ['301: the bridge moved', answer(301), refused('http_301')],
    ['400 errno 101: crypto keys missing', mozilla(400, 101), refused('errno_101')],
    ['400 errno 108: the endpoint is corrupt', mozilla(400, 108), gone('errno_108')],
    ['400 errno 110: crypto keys invalid', mozilla(400, 110), refused('errno_110')],
    ['400 errno 111: a header is missing', mozilla(400, 111), refused('errno_111')],
    ['400 errno 112: TTL', mozilla(400, 112), refused('errno_112')],
    ['400 errno 113: Topic', mozilla(400, 113), refused('errno_113')],
    ['400 errno 114: TTL', mozilla(400, 114), refused('errno_114')],
    ['401 errno 109: VAPID', mozilla(401, 109, 'Bad audience'), credential('errno_109')],
    ['401 errno 109: another VAPID key', mozilla(401, 109, 'VAPID public key mismatch'), gone('vapid_key_mismatch')],
    ['404 errno 102: unknown endpoint', mozilla(404, 102), gone('errno_102')],
    ['410 errno 103: expired', mozilla(410, 103), gone('errno_103')],
    ['410 errno 105: went away meanwhile', mozilla(410, 105), gone('errno_105')],
    ['410 errno 106: invalid', mozilla(410, 106), gone('errno_106')],
    ['413 errno 104: too large', mozilla(413, 104), refused('errno_104')],
    ['429 errno 201: the bridge limits', mozilla(429, 201), wait('errno_201')],
    ['500 errno 999: unknown', mozilla(500, 999), back('errno_999')],
    ['502 errno 900: bridge misconfigured', mozilla(502, 900), back('errno_900')],
    ['502 errno 901: bridge unauthorised', mozilla(502, 901), back('errno_901')],
    ['502 errno 902: bridge unreachable', mozilla(502, 902), back('errno_902')],
    ['502 errno 903: bridge timed out', mozilla(502, 903), back('errno_903')],
    ['503 errno 201: back off', mozilla(503, 201), back('errno_201')],
    ['503 errno 202: try again', mozilla(503, 202), back('errno_202')],
  ])
})

describe('Apple', () => {
  check([
    ['BadTtl', apple(400, 'BadTtl'), refused('BadTtl')],
    ['BadUrgency', apple(400, 'BadUrgency'), refused('BadUrgency')],
    ['BadWebPushTopic', apple(400, 'BadWebPushTopic'), refused('BadWebPushTopic')],
    ['BadWebPushRequest', apple(400, 'BadWebPushRequest'), refused('BadWebPushRequest')],
    ['VapidPkHashMismatch as 400', apple(400, 'VapidPkHashMismatch'), gone('vapid_key_mismatch')],
    ['VapidPkHashMismatch as 403', apple(403, 'VapidPkHashMismatch'), gone('vapid_key_mismatch')],
    ['BadAuthorizationHeader as 403', apple(403, 'BadAuthorizationHeader'), credential('BadAuthorizationHeader')],
    ['BadJwtToken as 403', apple(403, 'BadJwtToken'), credential('BadJwtToken')],
    ['BadJwtToken as 400', apple(400, 'BadJwtToken'), credential('BadJwtToken')],
    ['BadVapidPublicKey as 400', apple(400, 'BadVapidPublicKey'), credential('BadVapidPublicKey')],
    ['BadPath', apple(404, 'BadPath'), gone('BadPath')],
    ['MethodNotAllowed', apple(405, 'MethodNotAllowed'), refused('MethodNotAllowed')],
    ['Unregistered', apple(410, 'Unregistered'), gone('Unregistered')],
    ['PayloadTooLarge', apple(413, 'PayloadTooLarge'), refused('PayloadTooLarge')],
    ['TooManyRequests', apple(429, 'TooManyRequests'), wait('TooManyRequests')],
    ['IdleTimeout', apple(400, 'IdleTimeout'), { kind: 'suspect', reason: 'IdleTimeout' }],
    ['InternalServerError', apple(500, 'InternalServerError'), back('InternalServerError')],
    ['ServiceUnavailable', apple(503, 'ServiceUnavailable'), back('ServiceUnavailable')],
    ['Shutdown', apple(503, 'Shutdown'), back('Shutdown')],
  ])
})

describe('Microsoft, in headers alone', () => {
  const described = (description: string) => ({ 'x-wns-error-description': description, 'x-wns-status': 'dropped' })
  check([
    ['400 TTL 0', answer(400, '', described('Ttl value conflicts')), refused('Ttl value conflicts')],
    ['406 throttling', answer(406, '', { ...described('Throttled'), 'retry-after': '60' }), wait('Throttled', 60)],
    ['410 the channel expired', answer(410, '', described('Channel expired')), gone('Channel expired')],
  ])
})

describe("FCM's Web Push endpoint, in text", () => {
  const otherKey =
    'the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions.'
  check([
    [
      '400 UnauthorizedRegistration is ambiguous',
      answer(400, '<TITLE>UnauthorizedRegistration</TITLE>'),
      credential('UnauthorizedRegistration'),
    ],
    ['401 without a header', answer(401, 'authorization header must be specified.'), credential('http_401')],
    ['403 another VAPID key', answer(403, otherKey), gone('vapid_key_mismatch')],
    ['403 anything else', answer(403, '<html>Forbidden</html>'), credential('http_403')],
    ['410', answer(410, 'push subscription has unsubscribed or expired.'), gone('http_410')],
    ['413 of the bridge to Android', answer(413), refused('http_413')],
  ])
})
