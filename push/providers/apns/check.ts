/**
 * Whether APNs takes an app's credential: a background push, which shows nothing, to a device token that Apple never
 * issued and that it is not to be kept for. Pure.
 * Source: usernotifications/handling-notification-responses-from-apns.
 */
import { type CredentialVerdict, unknown } from '../../credential-verdict.ts'
import type { Answer, PushRequest } from '../../outcome.ts'
import { readJsonObject, readReason, reasonOfStatus } from '../answer-body.ts'
import { apnsIdsOf } from './apns-id.ts'
import type { ApnsSender } from './request.ts'

/** Of the right shape, so that Apple looks at the provider token too, and nobody's. */
const NOBODYS_DEVICE_TOKEN = 'f'.repeat(64)

const WORKS = 'Apple takes the provider token, and refuses only the made-up device token.'
const WRONG_TOPIC =
  'Apple takes the provider token, but not for this bundle_id: it is not an app of the team or of the key.'
const WRONG_KEY =
  'Apple knows no such key of this team: look for a revoked key, or a mistyped team_id or key_id, and set the credential again.'
const WRONG_ENVIRONMENT = 'The key is for the other environment. Change environment, or use a key of this one.'

/** What each of Apple's reasons says of the credential; one that is not here says nothing. */
const BY_REASON: ReadonlyMap<string, Omit<CredentialVerdict, 'reason'>> = new Map([
  ['BadDeviceToken', { works: true, detail: WORKS }],
  ['Unregistered', { works: true, detail: WORKS }],
  ['ExpiredToken', { works: true, detail: WORKS }],
  ['BadTopic', { works: false, detail: WRONG_TOPIC }],
  ['DeviceTokenNotForTopic', { works: false, detail: WRONG_TOPIC }],
  ['TopicDisallowed', { works: false, detail: WRONG_TOPIC }],
  ['InvalidProviderToken', { works: false, detail: WRONG_KEY }],
  ['MissingProviderToken', { works: false, detail: WRONG_KEY }],
  ['Forbidden', { works: false, detail: WRONG_KEY }],
  ['BadCertificate', { works: false, detail: WRONG_KEY }],
  ['BadCertificateEnvironment', { works: false, detail: WRONG_ENVIRONMENT }],
  ['BadEnvironmentKeyIdInToken', { works: false, detail: WRONG_ENVIRONMENT }],
])

/** @param checkId of this check alone: becomes `apns-id` */
export function apnsCheckRequest({ baseUrl, bundleId, providerToken }: ApnsSender, checkId: string): PushRequest {
  return {
    url: `${baseUrl}/3/device/${NOBODYS_DEVICE_TOKEN}`,
    sharedHeaders: {
      authorization: `bearer ${providerToken}`,
      'content-type': 'application/json',
      'apns-topic': bundleId,
      'apns-push-type': 'background',
      'apns-priority': '5',
      'apns-expiration': '0',
    },
    ownHeaders: { 'apns-id': apnsIdsOf(checkId)(NOBODYS_DEVICE_TOKEN) },
    body: '{"aps":{"content-available":1}}',
  }
}

export function readApnsCheck(answer: Answer): CredentialVerdict {
  const silence = 'Apple did not say whether it takes the credential.'
  if (answer.kind === 'no_answer') return unknown(answer.reason, silence)
  const { status, headers, body } = answer
  if (status === 200) return { works: true, reason: 'accepted', detail: 'Apple took a push to nobody.' }
  // Apple always names the push. Whoever did not is a proxy in between, and knows nothing of keys.
  if (!headers['apns-id']) return unknown(`edge_${status}`, silence)
  const reason = readReason(readJsonObject(body).reason) ?? reasonOfStatus(status)
  const verdict = BY_REASON.get(reason)
  return verdict === undefined ? unknown(reason, silence) : { ...verdict, reason }
}
