/** How each service words a problem, by what its documentation and the field say. */
import { describe, expect, test } from 'vitest'
import type { FinalEffect } from '../faults.ts'
import { acceptedAnswer, scriptedAnswer } from './answers.ts'
import type { Problem } from './problems.ts'
import { PROFILES, type ProfileName } from './profiles.ts'

/** Status and errno of autopush, reason of Apple, statuses of FCM's endpoint and of WNS. */
test.each<[Problem, [number, number], [number, string], number, number]>([
  ['unknown_endpoint', [404, 102], [404, 'BadPath'], 404, 404],
  ['gone', [410, 106], [410, 'Unregistered'], 410, 410],
  ['method_not_allowed', [405, 999], [405, 'MethodNotAllowed'], 405, 405],
  ['vapid_missing', [401, 109], [403, 'BadAuthorizationHeader'], 401, 401],
  ['vapid_malformed', [401, 109], [403, 'BadAuthorizationHeader'], 401, 401],
  ['vapid_key_missing', [401, 109], [403, 'BadVapidPublicKey'], 400, 401],
  ['vapid_key_invalid', [401, 109], [403, 'BadVapidPublicKey'], 400, 401],
  ['vapid_key_mismatch', [401, 109], [400, 'VapidPkHashMismatch'], 403, 403],
  ['vapid_signature_invalid', [401, 109], [403, 'BadJwtToken'], 403, 403],
  ['vapid_audience_invalid', [401, 109], [403, 'BadJwtToken'], 403, 403],
  ['vapid_expired', [401, 109], [403, 'BadJwtToken'], 403, 403],
  ['vapid_expiry_too_far', [401, 109], [403, 'BadJwtToken'], 403, 403],
  ['vapid_subject_missing', [401, 109], [403, 'BadJwtToken'], 403, 403],
  ['vapid_subject_invalid', [401, 109], [403, 'BadJwtToken'], 403, 403],
  ['ttl_missing', [400, 111], [400, 'BadTtl'], 400, 400],
  ['ttl_invalid', [400, 112], [400, 'BadTtl'], 400, 400],
  ['ttl_negative', [400, 114], [400, 'BadTtl'], 400, 400],
  ['topic_invalid', [400, 113], [400, 'BadWebPushTopic'], 400, 400],
  ['encoding_missing', [400, 110], [400, 'BadWebPushRequest'], 400, 400],
  ['encoding_unknown', [400, 110], [400, 'BadWebPushRequest'], 400, 400],
  ['encryption_in_headers', [400, 110], [400, 'BadWebPushRequest'], 400, 400],
  ['body_malformed', [400, 110], [400, 'BadWebPushRequest'], 400, 400],
  ['body_has_records', [400, 110], [400, 'BadWebPushRequest'], 400, 400],
  ['body_undecryptable', [400, 110], [400, 'BadWebPushRequest'], 400, 400],
  ['body_key_is_vapid_key', [400, 110], [400, 'BadWebPushRequest'], 400, 400],
  ['body_too_large', [413, 104], [413, 'PayloadTooLarge'], 413, 413],
])('%s', (problem, [mozillaStatus, errno], [appleStatus, reason], chromeStatus, wnsStatus) => {
  const mozilla = PROFILES.mozilla.refuse(problem)
  expect(mozilla.status).toBe(mozillaStatus)
  expect(JSON.parse(mozilla.body)).toMatchObject({ code: mozillaStatus, errno, message: expect.any(String) })
  const apple = PROFILES.apple.refuse(problem)
  expect([apple.status, JSON.parse(apple.body)]).toEqual([appleStatus, { reason }])
  expect(apple.headers).toHaveProperty('apns-id')
  expect(PROFILES.chrome.refuse(problem).status).toBe(chromeStatus)
  const wns = PROFILES.wns.refuse(problem)
  expect([wns.status, wns.body]).toEqual([wnsStatus, ''])
  expect(wns.headers['x-wns-error-description']).toBeTruthy()
})

describe('a scripted answer takes the shape of the service', () => {
  test.each<[ProfileName, FinalEffect, number, string, Record<string, string>]>([
    [
      'mozilla',
      { kind: 'status', status: 429, retry_after: 119 },
      429,
      '{"code":429,"errno":201,"error":"Too Many Requests","message":"Too Many Requests"}',
      { 'retry-after': '119' },
    ],
    [
      'mozilla',
      { kind: 'status', status: 502, reason: '903' },
      502,
      '{"code":502,"errno":903,"error":"Bad Gateway","message":"Bad Gateway"}',
      {},
    ],
    [
      'mozilla',
      { kind: 'status', status: 503 },
      503,
      '{"code":503,"errno":202,"error":"Service Unavailable","message":"Service Unavailable"}',
      {},
    ],
    ['apple', { kind: 'status', status: 429 }, 429, '{"reason":"TooManyRequests"}', {}],
    ['apple', { kind: 'status', status: 503, reason: 'Shutdown' }, 503, '{"reason":"Shutdown"}', {}],
    ['chrome', { kind: 'status', status: 429, retry_after: 3 }, 429, 'Too Many Requests\n', { 'retry-after': '3' }],
    [
      'wns',
      { kind: 'status', status: 406, retry_after: 9 },
      406,
      '',
      { 'x-wns-notificationstatus': 'channelthrottled' },
    ],
    [
      'mozilla',
      { kind: 'status', status: 301, headers: { location: '/new' }, body: '' },
      301,
      '',
      { location: '/new' },
    ],
    ['apple', { kind: 'status', status: 500, body: { reason: 'Odd' } }, 500, '{"reason":"Odd"}', {}],
    ['mozilla', { kind: 'status', status: 202 }, 202, '', { location: '/message/1', ttl: '60' }],
    ['apple', { kind: 'unregistered' }, 410, '{"reason":"Unregistered"}', {}],
  ])('%s: %o', (profile, effect, status, body, headers) => {
    expect(scriptedAnswer(PROFILES[profile], effect, acceptedAnswer('/message/1', 60))).toMatchObject({
      status,
      body,
      headers,
    })
  })
})
