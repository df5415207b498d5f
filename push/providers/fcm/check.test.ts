import { describe, expect, it } from 'vitest'
import type { Answer } from '../../outcome.ts'
import { fcmCheckRequest, readFcmCheck } from './check.ts'

const FCM_ERROR = 'type.googleapis.com/google.firebase.fcm.v1.FcmError'

function answer(status: number, canonical?: string, errorCode?: string): Answer {
  const details = errorCode === undefined ? [] : [{ '@type': FCM_ERROR, errorCode }]
  const body =
    canonical === undefined ? '<html>' : JSON.stringify({ error: { code: status, status: canonical, details } })
  return { kind: 'response', status, headers: {}, body }
}

describe('the check of an FCM credential', () => {
  it('asks for nothing but validation, of a message to nobody', () => {
    const sender = { baseUrl: 'https://fcm.example', projectId: 'a/b', accessToken: 'ya29' }
    const { url, sharedHeaders, body } = fcmCheckRequest(sender)
    expect(url).toBe('https://fcm.example/v1/projects/a%2Fb/messages:send')
    expect(sharedHeaders.authorization).toBe('Bearer ya29')
    expect(JSON.parse(String(body))).toEqual({ validate_only: true, message: { token: 'fanfare-credential-check' } })
  })

  it.each([
    ['a message that was validated', answer(200), true, 'validated'],
    ['a token that is malformed', answer(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT'), true, 'INVALID_ARGUMENT'],
    ['a field that is wrong', answer(400, 'INVALID_ARGUMENT'), true, 'INVALID_ARGUMENT'],
    ['a token that nobody has', answer(404, 'NOT_FOUND', 'UNREGISTERED'), true, 'UNREGISTERED'],
    ['another sender', answer(403, 'PERMISSION_DENIED', 'SENDER_ID_MISMATCH'), false, 'SENDER_ID_MISMATCH'],
    ['no permission', answer(403, 'PERMISSION_DENIED'), false, 'PERMISSION_DENIED'],
    ['no such project', answer(404, 'NOT_FOUND'), false, 'NOT_FOUND'],
    ['an access token that is refused', answer(401, 'UNAUTHENTICATED'), false, 'UNAUTHENTICATED'],
    [
      "the project's own credentials",
      answer(401, 'UNAUTHENTICATED', 'THIRD_PARTY_AUTH_ERROR'),
      false,
      'THIRD_PARTY_AUTH_ERROR',
    ],
    ['a quota', answer(429, 'RESOURCE_EXHAUSTED', 'QUOTA_EXCEEDED'), null, 'QUOTA_EXCEEDED'],
    ['an outage', answer(503, 'UNAVAILABLE', 'UNAVAILABLE'), null, 'UNAVAILABLE'],
    ['a front end in HTML', answer(502), null, 'http_502'],
    ['somebody in between, who forbids', answer(403), null, 'http_403'],
    ['somebody in between, who redirects', answer(302), null, 'http_302'],
    ['an answer that nobody understands', answer(418, 'TEAPOT'), null, 'TEAPOT'],
    ['no answer', { kind: 'no_answer', sent: 'maybe', reason: 'timeout' } as const, null, 'timeout'],
  ])('takes %s for what it says of the credential', (_what, given, works, reason) => {
    const verdict = readFcmCheck(given, 0)
    expect(verdict).toMatchObject({ works, reason })
    expect(verdict.detail).toMatch(/\.$/)
  })
})
