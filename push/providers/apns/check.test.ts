import { describe, expect, it } from 'vitest'
import type { Answer } from '../../outcome.ts'
import { apnsCheckRequest, readApnsCheck } from './check.ts'

const answer = (status: number, body: string, headers: Record<string, string> = { 'apns-id': 'x' }): Answer => {
  return { kind: 'response', status, headers, body }
}
const because = (status: number, reason: string) => answer(status, JSON.stringify({ reason }))

describe('the check of an APNs credential', () => {
  it('is a push that shows nothing, to nobody, that is not kept', () => {
    const sender = { baseUrl: 'https://apns.example', bundleId: 'com.example.app', providerToken: 'ey' }
    const { url, sharedHeaders, ownHeaders, body } = apnsCheckRequest(sender, 'check 1')
    expect(url).toBe(`https://apns.example/3/device/${'f'.repeat(64)}`)
    expect(sharedHeaders).toMatchObject({
      authorization: 'bearer ey',
      'apns-topic': 'com.example.app',
      'apns-push-type': 'background',
      'apns-priority': '5',
      'apns-expiration': '0',
    })
    expect(ownHeaders?.['apns-id']).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(JSON.parse(String(body))).toEqual({ aps: { 'content-available': 1 } })
  })

  it.each([
    [200, null, true],
    [400, 'BadDeviceToken', true],
    [410, 'Unregistered', true],
    [410, 'ExpiredToken', true],
    [400, 'BadTopic', false],
    [400, 'TopicDisallowed', false],
    [400, 'DeviceTokenNotForTopic', false],
    [403, 'InvalidProviderToken', false],
    [403, 'MissingProviderToken', false],
    [403, 'BadEnvironmentKeyIdInToken', false],
    [403, 'BadCertificate', false],
    [403, 'BadCertificateEnvironment', false],
    [403, 'Forbidden', false],
    // A connection's fault, a rate, a clock, an outage, our own mistake, a word of tomorrow: nothing about the key.
    [403, 'UnrelatedKeyIdInToken', null],
    [403, 'ExpiredProviderToken', null],
    [429, 'TooManyProviderTokenUpdates', null],
    [429, 'TooManyRequests', null],
    [500, 'InternalServerError', null],
    [503, 'ServiceUnavailable', null],
    [400, 'BadPriority', null],
    [403, 'SomethingNew', null],
  ])('takes %i %s for what it says of the credential', (status, reason, works) => {
    const verdict = readApnsCheck(reason === null ? answer(status, '') : because(status, reason))
    expect(verdict).toMatchObject({ works, reason: reason ?? 'accepted' })
    expect(verdict.detail).toMatch(/\.$/)
  })

  it.each([
    ['a proxy in between', answer(403, '{"reason":"InvalidProviderToken"}', {}), 'edge_403'],
    ['what is no JSON', answer(403, '<html>'), 'http_403'],
    ['no answer', { kind: 'no_answer', sent: 'no', reason: 'connect_failed' } as const, 'connect_failed'],
  ])('learns nothing from %s', (_what, given, reason) => {
    expect(readApnsCheck(given)).toMatchObject({ works: null, reason })
  })
})
