import { describe, expect, test } from 'vitest'
import type { Answer, Outcome } from '../../outcome.ts'
import { readApnsOutcome } from './outcome.ts'

const NOW = Date.UTC(2026, 10, 22)
const WORKED = { credentialWorked: true, now: NOW }
const NEVER_WORKED = { credentialWorked: false, now: NOW }
const APPLE = { 'apns-id': 'eabeae54-14a8-11e5-b60b-1697f925ec7b' }

/** An answer as Apple writes it. */
function apple(status: number, reason: string, rest: object = {}): Answer {
  return { kind: 'response', status, headers: APPLE, body: JSON.stringify({ reason, ...rest }) }
}

const later = (reason: string, rest: Partial<Extract<Outcome, { kind: 'later' }>> = {}): Outcome => ({
  kind: 'later',
  reason,
  scope: 'credential',
  schedule: 'quota',
  ...rest,
})

describe("Apple's reasons", () => {
  type Kind = Outcome['kind']
  const rows: [status: number, reason: string, kind: Kind, kindIfNeverWorked?: Kind][] = [
    [400, 'BadCollapseId', 'refused'],
    [400, 'BadDeviceToken', 'unregistered', 'misconfigured'],
    [400, 'BadExpirationDate', 'refused'],
    [400, 'BadMessageId', 'refused'],
    [400, 'BadPriority', 'refused'],
    [400, 'BadTopic', 'misconfigured'],
    [400, 'DeviceTokenNotForTopic', 'unregistered', 'misconfigured'],
    [400, 'DuplicateHeaders', 'refused'],
    [400, 'IdleTimeout', 'suspect'],
    [400, 'InvalidPushType', 'refused'],
    [400, 'MissingDeviceToken', 'refused'],
    [400, 'MissingTopic', 'refused'],
    [400, 'PayloadEmpty', 'refused'],
    [400, 'TopicDisallowed', 'misconfigured'],
    [403, 'BadCertificate', 'misconfigured'],
    [403, 'BadCertificateEnvironment', 'misconfigured'],
    [403, 'BadEnvironmentKeyIdInToken', 'misconfigured'],
    [403, 'ExpiredProviderToken', 'renew'],
    [403, 'Forbidden', 'misconfigured'],
    [403, 'InvalidProviderToken', 'suspect', 'misconfigured'],
    [403, 'MissingProviderToken', 'misconfigured'],
    [403, 'UnrelatedKeyIdInToken', 'suspect', 'misconfigured'],
    [404, 'BadPath', 'refused'],
    [405, 'MethodNotAllowed', 'refused'],
    [410, 'ExpiredToken', 'unregistered'],
    [410, 'Unregistered', 'unregistered'],
    [413, 'PayloadTooLarge', 'refused'],
    [400, 'SomethingNew', 'refused'],
    [403, 'SomethingNew', 'misconfigured'],
  ]
  test.each(rows)('%i %s is %s', (status, reason, kind, kindIfNeverWorked = kind) => {
    expect(readApnsOutcome(apple(status, reason), WORKED)).toEqual({ kind, reason })
    expect(readApnsOutcome(apple(status, reason), NEVER_WORKED)).toEqual({ kind: kindIfNeverWorked, reason })
  })

  const laterRows: [status: number, reason: string, outcome: Outcome][] = [
    [429, 'TooManyRequests', later('TooManyRequests', { scope: 'device' })],
    [429, 'TooManyProviderTokenUpdates', later('TooManyProviderTokenUpdates')],
    [429, 'SomethingNew', later('SomethingNew')],
    [500, 'InternalServerError', later('InternalServerError', { schedule: 'apns_server_error', sent: 'maybe' })],
    [503, 'ServiceUnavailable', later('ServiceUnavailable', { schedule: 'apns_server_error', sent: 'maybe' })],
    [503, 'Shutdown', later('Shutdown', { schedule: 'apns_server_error', sent: 'maybe' })],
    [502, 'SomethingNew', later('SomethingNew', { schedule: 'apns_server_error', sent: 'maybe' })],
  ]
  test.each(laterRows)('%i %s is tried again', (status, reason, outcome) => {
    expect(readApnsOutcome(apple(status, reason), NEVER_WORKED)).toEqual(outcome)
  })

  test('no word of an object is taken for a reason of the table', () => {
    expect(readApnsOutcome(apple(400, 'constructor'), WORKED)).toEqual({ kind: 'refused', reason: 'constructor' })
  })
})

describe('410', () => {
  const rows: [name: string, timestamp: unknown, asOfAt: number | undefined][] = [
    ['says since when', NOW - 86_400_000, NOW - 86_400_000],
    ['is never dated later than now', NOW + 5000, NOW],
    ['may leave the time out', undefined, undefined],
    ['may give no number', '1454948015990', undefined],
    ['may give nonsense', -1, undefined],
  ]
  test.each(rows)('%s', (_, timestamp, asOfAt) => {
    const outcome = readApnsOutcome(apple(410, 'Unregistered', { timestamp }), WORKED)
    expect(outcome).toEqual({ kind: 'unregistered', reason: 'Unregistered', asOfAt })
  })
})

describe('an answer without apns-id is not from Apple', () => {
  const rows: [status: number, body: string, sent: 'maybe' | undefined][] = [
    [520, '<html>Web server is returning an unknown error</html>', 'maybe'],
    [502, '', 'maybe'],
    [403, '<html>Forbidden</html>', undefined],
    [400, '{"reason":"BadDeviceToken"}', undefined],
    [410, '{"reason":"Unregistered","timestamp":1}', undefined],
    [429, '', undefined],
  ]
  test.each(rows)('%i %s blames neither device nor credential', (status, body, sent) => {
    const outcome = readApnsOutcome({ kind: 'response', status, headers: {}, body }, WORKED)
    expect(outcome).toEqual(later(`edge_${status}`, { schedule: 'standard', sent }))
  })

  test('its Retry-After is kept', () => {
    const answer: Answer = { kind: 'response', status: 503, headers: { 'retry-after': '9' }, body: '' }
    expect(readApnsOutcome(answer, WORKED)).toMatchObject({ retryAfterSeconds: 9 })
  })
})

describe('otherwise', () => {
  test('200 is accepted, whatever a transport left out', () => {
    expect(readApnsOutcome({ kind: 'response', status: 200, headers: {}, body: '' }, NEVER_WORKED)).toEqual({
      kind: 'accepted',
    })
  })

  test.each([
    [400, 'refused'],
    [410, 'unregistered'],
  ])('%i whose body is not JSON goes by its status', (status, kind) => {
    const answer: Answer = { kind: 'response', status, headers: APPLE, body: '<html>' }
    expect(readApnsOutcome(answer, WORKED)).toEqual({ kind, reason: `http_${status}` })
  })

  test('no answer is for the guarantee to decide', () => {
    expect(readApnsOutcome({ kind: 'no_answer', sent: 'no', reason: 'goaway' }, WORKED)).toEqual({
      kind: 'unanswered',
      reason: 'goaway',
      sent: 'no',
    })
  })
})
